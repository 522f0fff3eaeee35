import {
  type CallOptions,
  type ClientOptions,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  ApiClient,
  type ExplainEndpointsResponse,
  type ExplainProfileResponse,
} from '../gen/conduit/api/v1/api.js';
import { channelOptions } from './channel.js';
import { describeFailure, type Failure } from './failure.js';
import { interrupted, noAnswer, type Question } from './follow.js';

/** `address` is the control plane's tooling-facing one. */
export interface ExplainQuestion extends Question {
  /** For everything until the answer. */
  readonly timeoutMs: number;
}

export type Explained<Response> =
  | { readonly ok: true; readonly explanation: Response }
  | { readonly ok: false; readonly failure: Failure };

/** Why a proxy is told of these endpoints. Asks once. */
export function explainEndpoints(question: ExplainQuestion): Promise<Explained<ExplainEndpointsResponse>> {
  return ask(question, (client, ...call) => client.explainEndpoints(...call));
}

/** Why a proxy is told this profile. Asks once. */
export function explainProfile(question: ExplainQuestion): Promise<Explained<ExplainProfileResponse>> {
  return ask(question, (client, ...call) => client.explainProfile(...call));
}

type Method<Response> = (
  client: ApiClient,
  request: { readonly authority: string; readonly contextToken: string },
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

function ask<Response>(
  { address, authority, contextToken = '', signal, timeoutMs }: ExplainQuestion,
  method: Method<Response>,
): Promise<Explained<Response>> {
  if (signal.aborted) return Promise.resolve({ ok: false, failure: interrupted });
  const client = new ApiClient(address, credentials.createInsecure(), explainOptions);
  return new Promise((resolve) => {
    const cancel = () => call.cancel();
    const options = { deadline: Date.now() + timeoutMs };
    const call = method(
      client,
      { authority, contextToken },
      new Metadata(),
      options,
      (error, explanation) => {
        signal.removeEventListener('abort', cancel);
        client.close();
        if (error === null) resolve({ ok: true, explanation });
        else resolve({ ok: false, failure: failureOf(describeFailure(error, address), timeoutMs) });
      },
    );
    signal.addEventListener('abort', cancel, { once: true });
  });
}

function failureOf(failure: Failure, timeoutMs: number): Failure {
  return failure.code === 'DEADLINE_EXCEEDED' ? noAnswer(timeoutMs) : failure;
}

/** A service of ten thousand addresses is explained in some 2 MB, in one message. */
const explainOptions: ClientOptions = { ...channelOptions, 'grpc.max_receive_message_length': 64 << 20 };

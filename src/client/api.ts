import {
  type CallOptions,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { ApiClient, type StatSummaryRequest, type StatSummaryResponse } from '../gen/conduit/api/v1/api.js';
import { channelOptions } from './channel.js';
import { describeFailure, type Failure } from './failure.js';
import { interrupted, noAnswer } from './follow.js';

/** How a control plane's tooling-facing side is asked. */
export interface ApiQuestion {
  /** `host:port`. */
  readonly address: string;
  readonly signal: AbortSignal;
  /** For everything until the answer. */
  readonly timeoutMs: number;
}

export type ApiAnswer<Response> =
  | { readonly ok: true; readonly value: Response }
  | { readonly ok: false; readonly failure: Failure };

/** Asks once for the traffic of some resources. */
export function statSummary(
  question: ApiQuestion,
  request: StatSummaryRequest,
): Promise<ApiAnswer<StatSummaryResponse>> {
  return askApi(question, (client, ...call) => client.statSummary(request, ...call));
}

type Method<Response> = (
  client: ApiClient,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** Asks once, by a method of the generated client. */
export function askApi<Response>(
  { address, signal, timeoutMs }: ApiQuestion,
  method: Method<Response>,
): Promise<ApiAnswer<Response>> {
  if (signal.aborted) return Promise.resolve({ ok: false, failure: interrupted });
  // Ten thousand pods are told of in some 3 MB, and a service of as many addresses is explained in 2 MB.
  const options = { ...channelOptions, 'grpc.max_receive_message_length': 64 << 20 };
  const client = new ApiClient(address, credentials.createInsecure(), options);
  return new Promise((resolve) => {
    const cancel = (): void => call.cancel();
    const call = method(client, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, value) => {
      signal.removeEventListener('abort', cancel);
      client.close();
      if (error === null) return resolve({ ok: true, value });
      const failure = describeFailure(error, address);
      resolve({ ok: false, failure: failure.code === 'DEADLINE_EXCEEDED' ? noAnswer(timeoutMs) : failure });
    });
    signal.addEventListener('abort', cancel, { once: true });
  });
}

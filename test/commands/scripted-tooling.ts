import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import {
  ApiService,
  type StatSummaryRequest,
  StatSummaryResponse,
} from '../../src/gen/conduit/api/v1/api.js';
import {
  type TapByResourceRequest,
  TapByResourceResponse,
  TapService,
} from '../../src/gen/conduit/tap/v1/tap.js';

type StatAnswer =
  | { readonly code: keyof typeof status; readonly details: string }
  | Partial<StatSummaryResponse>;
type TapCall = ServerWritableStream<TapByResourceRequest, TapByResourceResponse>;

/** The tooling-facing side of a control plane, whose answers are what the test says. */
export class ScriptedTooling {
  readonly address: string;
  readonly asked: StatSummaryRequest[] = [];
  /** Taps that are open. */
  readonly taps = new Set<TapCall>();
  readonly tapped: TapByResourceRequest[] = [];
  answer: StatAnswer = {};
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
  }

  static async listen(): Promise<ScriptedTooling> {
    const server = new Server();
    const started: { it?: ScriptedTooling } = {};
    const unimplemented = (_call: unknown, respond: (error: object) => void): void =>
      respond({ code: status.UNIMPLEMENTED, details: 'not scripted' });
    server.addService(ApiService, {
      explainEndpoints: unimplemented,
      explainProfile: unimplemented,
      listPods: unimplemented,
      listServices: unimplemented,
      version: unimplemented,
      selfCheck: unimplemented,
      statSummary(
        call: { request: StatSummaryRequest },
        respond: (error: object | null, value?: StatSummaryResponse) => void,
      ) {
        started.it?.asked.push(call.request);
        const answer = started.it?.answer ?? {};
        if ('code' in answer) respond({ code: status[answer.code], details: answer.details });
        else respond(null, StatSummaryResponse.fromPartial(answer));
      },
    });
    server.addService(TapService, {
      tapByResource(call: TapCall) {
        started.it?.tapped.push(call.request);
        started.it?.taps.add(call);
        call.on('cancelled', () => started.it?.taps.delete(call));
        call.on('error', () => undefined);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    started.it = new ScriptedTooling(server, port);
    return started.it;
  }

  tell(message: Parameters<typeof TapByResourceResponse.fromPartial>[0]): void {
    for (const tap of this.taps) tap.write(TapByResourceResponse.fromPartial(message));
  }

  end(error?: { readonly code: keyof typeof status; readonly details: string }): void {
    for (const tap of this.taps) {
      this.taps.delete(tap);
      if (error === undefined) tap.end();
      else tap.emit('error', { code: status[error.code], details: error.details });
    }
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

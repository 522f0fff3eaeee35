import { Client, credentials, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';

/** Messages in the words of proto/, read from there at run time: independent of the generated code under test. */
export type Message = Readonly<Record<string, unknown>>;

const definition = loadSync('io/linkerd/proxy/tap/tap.proto', {
  includeDirs: ['proto'],
  keepCase: true,
  longs: Number,
  enums: String,
  oneofs: false,
});
const service = definition['io.linkerd.proxy.tap.Tap'] as unknown as {
  readonly Observe: MethodDefinition<Message, Message>;
};

export const everything: Message = { all: {} };

/** One call of Observe. */
export class Observation {
  readonly events: Message[] = [];
  /** `OK` included. */
  status: { readonly code: number; readonly details: string } | undefined;
  hasBegun = false;
  readonly call: ClientReadableStream<Message>;
  readonly #client: Client;

  constructor(address: string, request: Message | Buffer) {
    this.#client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    const { path, requestSerialize, responseDeserialize } = service.Observe;
    const serialize = (it: Message | Buffer): Buffer => (Buffer.isBuffer(it) ? it : requestSerialize(it));
    this.call = this.#client.makeServerStreamRequest(path, serialize, responseDeserialize, request);
    this.call.on('metadata', () => (this.hasBegun = true));
    this.call.on('data', (event: Message) => this.events.push(event));
    this.call.on('error', (_error: ServiceError) => {});
    this.call.on('status', ({ code, details }) => (this.status = { code, details }));
  }

  close(): void {
    this.call.cancel();
    this.#client.close();
  }

  /** The HTTP events of one kind, in order. */
  of(kind: 'request_init' | 'response_init' | 'response_end'): readonly Message[] {
    const told = this.events.map(({ http }) => (http as Record<string, Message | undefined>)[kind]);
    return told.filter((it) => it !== undefined);
  }
}

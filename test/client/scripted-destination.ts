import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { until } from '../kit/until.js';

/** Messages in the words of proto/, read from there at run time: independent of the generated code under test. */
export type Message = Readonly<Record<string, unknown>>;

const destination = 'io.linkerd.proxy.destination.Destination';
const definition = loadSync('io/linkerd/proxy/destination/destination.proto', {
  includeDirs: ['proto'],
  keepCase: true,
  defaults: true,
  longs: String,
});
// The package definition's types don't tell a service from a message.
const service = definition[destination] as unknown as Parameters<Server['addService']>[0];

export type Method = 'Get' | 'GetProfile';

/** One call that a client made, from the server's side. */
export class Conversation {
  readonly method: Method;
  readonly request: { readonly path: string; readonly context_token: string };
  readonly #call: ServerWritableStream<Message, Message>;

  constructor(method: Method, call: ServerWritableStream<Message, Message>) {
    this.method = method;
    this.#call = call;
    this.request = {
      path: String(call.request['path']),
      context_token: String(call.request['context_token']),
    };
  }

  add(addrs: readonly Message[], metric_labels: Message = {}): void {
    this.send({ add: { addrs, metric_labels } });
  }

  remove(...addrs: readonly Message[]): void {
    this.send({ remove: { addrs } });
  }

  noEndpoints(exists = true): void {
    this.send({ no_endpoints: { exists } });
  }

  /** An Update, or a DestinationProfile to a GetProfile. */
  send(message: Message): void {
    this.#call.write(message);
  }

  end(): void {
    this.#call.end();
  }

  fail(code: keyof typeof status, details: string): void {
    this.#call.emit('error', { code: status[code], details });
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }
}

/** A control plane that says what a test tells it to. */
export class ScriptedDestination {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly #made: Method[] = [];
  readonly #server: Server;
  readonly #waiting: Conversation[] = [];

  /**
   * Port 0 is any free one. With `answer`, calls are answered at once; without, `nextCall` hands them out. A method that
   * isn't served is unimplemented.
   */
  static async listen({
    port = 0,
    answer,
    serves = ['Get', 'GetProfile'],
  }: {
    port?: number;
    answer?: (call: Conversation) => void;
    serves?: readonly Method[];
  } = {}): Promise<ScriptedDestination> {
    const server = new Server();
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, boundPort) =>
        error === null ? resolve(boundPort) : reject(error),
      );
    });
    return new ScriptedDestination({ server, port: bound, answer, serves });
  }

  private constructor({
    server,
    port,
    answer,
    serves,
  }: {
    server: Server;
    port: number;
    answer: ((call: Conversation) => void) | undefined;
    serves: readonly Method[];
  }) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
    const handle = (method: Method) => (call: ServerWritableStream<Message, Message>) => {
      this.#made.push(method);
      const conversation = new Conversation(method, call);
      if (answer === undefined) this.#waiting.push(conversation);
      else answer(conversation);
    };
    server.addService(service, Object.fromEntries(serves.map((method) => [method, handle(method)])));
  }

  /** How many calls were ever made of what is served. */
  get calls(): number {
    return this.#made.length;
  }

  callsOf(method: Method): number {
    return this.#made.filter((it) => it === method).length;
  }

  get port(): number {
    return Number(this.address.split(':')[1]);
  }

  /** The earliest call that wasn't handed out yet; waits for one. */
  nextCall(): Promise<Conversation> {
    return until(() => this.#waiting.shift(), { what: 'a call' });
  }

  /** Drops every connection at once, as a crash does. */
  kill(): void {
    this.#server.forceShutdown();
  }
}

/** `net.TcpAddress` of an IPv4 address. */
export function tcp(ip: string, port: number): Message {
  const ipv4 = ip.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
  return { ip: { ipv4 }, port };
}

/** `destination.WeightedAddr` of a bare IPv4 address; `more` is merged in. */
export function weighted(ip: string, port: number, more: Message = {}): Message {
  return { addr: tcp(ip, port), weight: 10_000, ...more };
}

/** A meshed pod of the Deployment `web` in namespace `shop`, as the control plane describes it. */
export function meshedPod(ip: string, port: number, { pod, zone }: { pod: string; zone: string }): Message {
  const name = 'web.shop.serviceaccount.identity.conduit.cluster.local';
  return weighted(ip, port, {
    metric_labels: { pod, deployment: 'web', serviceaccount: 'web', control_plane_ns: 'conduit', zone },
    tls_identity: { dns_like_identity: { name }, server_name: { name } },
    protocol_hint: { h2: {} },
  });
}

import { Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import {
  type ObserveRequest,
  TapEvent,
  TapEvent_ProxyDirection,
  TapService,
  type TapEvent_Http,
} from '../../src/gen/io/linkerd/proxy/tap/tap.js';
import { toTcpAddress } from '../../src/wire/address.js';

type Call = ServerWritableStream<ObserveRequest, TapEvent>;

/** The tap server of a proxy, whose requests are what the test says. */
export class ScriptedProxy {
  readonly address: string;
  /** The calls of Observe that are open. */
  readonly calls = new Set<Call>();
  /** What was asked, over all time. */
  readonly asked: ObserveRequest[] = [];
  readonly #server: Server;
  #streams = 0n;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
  }

  static async start({
    greets = true,
    bytes,
  }: {
    greets?: boolean;
    bytes?: Buffer;
  } = {}): Promise<ScriptedProxy> {
    const server = new Server();
    const started: { proxy?: ScriptedProxy } = {};
    const definition =
      bytes === undefined
        ? TapService
        : { observe: { ...TapService.observe, responseSerialize: (): Buffer => bytes } };
    server.addService(definition, {
      observe(call: Call) {
        started.proxy?.calls.add(call);
        started.proxy?.asked.push(call.request);
        call.on('cancelled', () => started.proxy?.calls.delete(call));
        call.on('error', () => undefined);
        if (greets) call.sendMetadata(new Metadata());
        if (bytes !== undefined) call.write(TapEvent.fromPartial({}));
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    started.proxy = new ScriptedProxy(server, port);
    return started.proxy;
  }

  /** Tells of a request from its beginning to its end; which events can be chosen. */
  exchange({
    path = '/',
    status = 200,
    headers = [],
    kinds = ['init', 'response', 'end'],
    stream,
  }: Exchange = {}): bigint {
    const id = { base: 1, stream: stream ?? ++this.#streams };
    const fields = { headers: headers.map(([name, value]) => ({ name, value: Buffer.from(value) })) };
    const events: Record<string, NonNullable<TapEvent_Http['event']>> = {
      init: {
        $case: 'requestInit',
        value: {
          id,
          method: { type: { $case: 'registered', value: 0 } },
          scheme: { type: { $case: 'registered', value: 0 } },
          authority: 'web.shop',
          path,
          headers: fields,
        },
      },
      response: {
        $case: 'responseInit',
        value: {
          id,
          sinceRequestInit: { seconds: 0n, nanos: 2_000_000 },
          httpStatus: status,
          headers: fields,
        },
      },
      end: {
        $case: 'responseEnd',
        value: {
          id,
          sinceRequestInit: { seconds: 0n, nanos: 3_000_000 },
          sinceResponseInit: { seconds: 0n, nanos: 1_000_000 },
          responseBytes: 5n,
          eos: undefined,
          trailers: undefined,
        },
      },
    };
    for (const kind of kinds) {
      const event = events[kind];
      if (event !== undefined) this.write(event);
    }
    return id.stream;
  }

  write(event: NonNullable<TapEvent_Http['event']>): void {
    const message: TapEvent = {
      source: toTcpAddress('10.0.0.9', 40_000),
      destination: toTcpAddress('10.0.0.1', 8_080),
      sourceMeta: { labels: new Map([['tls', 'true']]) },
      destinationMeta: { labels: new Map() },
      routeMeta: { labels: new Map([['route', 'all']]) },
      proxyDirection: TapEvent_ProxyDirection.INBOUND,
      event: { $case: 'http', value: { event } },
    };
    for (const call of this.calls) call.write(message);
  }

  /** As a pod that dies: nothing is said any more, and nobody is there. */
  kill(): void {
    this.#server.forceShutdown();
    this.calls.clear();
  }
}

interface Exchange {
  readonly path?: string;
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly kinds?: readonly ('init' | 'response' | 'end')[];
  readonly stream?: bigint;
}

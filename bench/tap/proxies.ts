import { Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import {
  type ObserveRequest,
  type TapEvent,
  TapEvent_ProxyDirection,
  type TapEvent_Http,
  TapService,
} from '../../src/gen/io/linkerd/proxy/tap/tap.js';
import { toTcpAddress } from '../../src/wire/address.js';
import { monotonicMs } from '../kit/delivery.js';
import { serveCommands } from '../kit/worker.js';

/** The tap servers of several proxies, in a process of their own; they tell of requests at an even rate. */

type Call = ServerWritableStream<ObserveRequest, TapEvent>;

const eventsOfRequest = 3;
const everyMs = 2;
const clients = 50;
const calls: (Call | undefined)[] = [];
let streams = 0n;

async function listen(proxy: number): Promise<string> {
  const server = new Server();
  server.addService(TapService, {
    observe(call: Call) {
      calls[proxy] = call;
      call.on('cancelled', () => {
        if (calls[proxy] === call) calls[proxy] = undefined;
      });
      call.on('error', () => undefined);
      call.sendMetadata(new Metadata());
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    );
  });
}

/** A request from its beginning to its end. Its path says when it began to be told, in milliseconds. */
function tellOfRequest(proxy: number): void {
  const call = calls[proxy];
  if (call === undefined) throw new Error(`proxy ${proxy} is not tapped`);
  const id = { base: 1, stream: ++streams };
  const write = (event: NonNullable<TapEvent_Http['event']>): void => {
    call.write({
      source: toTcpAddress(`10.1.0.${Number(streams % BigInt(clients))}`, 40_000),
      destination: toTcpAddress(`10.0.0.${proxy}`, 8_080),
      sourceMeta: { labels: new Map([['tls', 'true']]) },
      destinationMeta: { labels: new Map() },
      routeMeta: { labels: new Map([['route', 'GET /orders']]) },
      proxyDirection: TapEvent_ProxyDirection.INBOUND,
      event: { $case: 'http', value: { event } },
    });
  };
  write({
    $case: 'requestInit',
    value: {
      id,
      method: { type: { $case: 'registered', value: 0 } },
      scheme: { type: { $case: 'registered', value: 0 } },
      authority: 'web.shop.svc.cluster.local',
      path: `/orders/${monotonicMs().toFixed(3)}`,
      headers: undefined,
    },
  });
  const sinceRequestInit = { seconds: 0n, nanos: 3_000_000 };
  write({
    $case: 'responseInit',
    value: { id, sinceRequestInit, httpStatus: 200, headers: undefined },
  });
  write({
    $case: 'responseEnd',
    value: {
      id,
      sinceRequestInit,
      sinceResponseInit: { seconds: 0n, nanos: 1_000_000 },
      responseBytes: 512n,
      eos: undefined,
      trailers: undefined,
    },
  });
}

export interface TellOptions {
  readonly eventsPerSecond: number;
  readonly seconds: number;
}

const commands = {
  /** Their addresses. */
  listen: ({ proxies }: { readonly proxies: number }): Promise<readonly string[]> =>
    Promise.all(Array.from({ length: proxies }, (_, proxy) => listen(proxy))),
  tapped: (): number => calls.filter((call) => call !== undefined).length,
  /** How many events were told. What a timer that is late owes is told late, and as many as were asked for. */
  tell({ eventsPerSecond, seconds }: TellOptions): Promise<number> {
    const perMs = eventsPerSecond / eventsOfRequest / 1_000;
    const startedMs = monotonicMs();
    let told = 0;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const sinceMs = Math.min(monotonicMs() - startedMs, seconds * 1_000);
        for (const owed = Math.floor(sinceMs * perMs); told < owed; told++) {
          tellOfRequest(told % calls.length);
        }
        if (sinceMs < seconds * 1_000) return;
        clearInterval(timer);
        resolve(told * eventsOfRequest);
      }, everyMs);
    });
  },
} as const;

export type ProxiesCommands = typeof commands;

serveCommands(commands);

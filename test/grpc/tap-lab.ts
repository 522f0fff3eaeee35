import { type ClientReadableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import {
  type Event,
  type Notice,
  NoticeKind,
  TapByResourceRequest,
  type TapByResourceResponse,
  TapClient,
} from '../../src/gen/conduit/tap/v1/tap.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer } from '../../src/grpc/server.js';
import { createTapService, type TapLimits, type TapOptions } from '../../src/grpc/tap.js';
import { allowEverybody, type Authorize } from '../../src/tap/authorize.js';
import { credentialHeaders } from '../../src/tap/redaction.js';
import type { TargetPod, TargetState } from '../../src/tap/tap-session.js';
import { Upstreams } from '../../src/tap/upstreams.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ScriptedProxy } from '../tap/scripted-proxy.js';

/** A target whose pods the test moves. */
class Target {
  state: TargetState;
  readonly #listeners = new Set<() => void>();

  constructor(state: TargetState) {
    this.state = state;
  }

  become(state: Partial<TargetState>): void {
    this.state = { ...this.state, ...state };
    for (const listener of this.#listeners) listener();
  }

  watch(listener: () => void) {
    this.#listeners.add(listener);
    const current = (): TargetState => this.state;
    return {
      get state() {
        return current();
      },
      close: () => void this.#listeners.delete(listener),
    };
  }

  get watchers(): number {
    return this.#listeners.size;
  }
}

interface Serving {
  readonly authorize?: Authorize;
  readonly limits?: Partial<TapLimits>;
  readonly maxEventsPerSecond?: number;
  readonly viewerLimits?: TapOptions['viewerLimits'];
}

export interface Watching {
  readonly events: Event[];
  readonly notices: Notice[];
  readonly call: ClientReadableStream<TapByResourceResponse>;
  last: TapByResourceResponse['books'];
  ended: { readonly code: number; readonly details: string } | undefined;
}

/** Serves taps of one target on loopback until the test is over. */
export async function runTapLab({
  authorize = allowEverybody,
  limits = {},
  maxEventsPerSecond = 50_000,
  viewerLimits,
}: Serving = {}) {
  const registry = new Registry();
  const upstreams = new Upstreams({
    labelsOf: (ip) =>
      new Map(
        ip === '10.0.0.9'
          ? [
              ['pod', 'shopper-1'],
              ['namespace', 'shop'],
            ]
          : [],
      ),
    labelsOfPod: (pod) => new Map([['pod', pod]]),
    redacted: new Set(credentialHeaders),
    maxEventsPerSecond,
    random: Math.random,
    limits: { answerMs: 200, minRetryMs: 10, maxRetryMs: 50 },
  });
  const target = new Target({ exists: true, pods: [] });
  const tap = createTapService({
    upstreams,
    watchTarget: (_target, listener) => target.watch(listener),
    random: Math.random,
    authorize,
    registry,
    limits,
    ...(viewerLimits && { viewerLimits }),
  });
  const server = await createGrpcServer({
    name: 'tooling',
    address: { host: '127.0.0.1', port: 0 },
    services: [tap],
    log: recordingLog().log,
    metrics: createGrpcMetrics(registry),
  });
  const proxies: ScriptedProxy[] = [];
  const clients: TapClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.close();
    for (const proxy of proxies) proxy.kill();
    upstreams.close();
    await server.drain({ graceMs: 100 });
  });

  async function proxy(options?: Parameters<typeof ScriptedProxy.start>[0]): Promise<ScriptedProxy> {
    const started = await ScriptedProxy.start(options);
    proxies.push(started);
    return started;
  }

  function watch(request: Partial<TapByResourceRequest> = {}, metadata = new Metadata()): Watching {
    const client = new TapClient(server.address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    clients.push(client);
    const web = { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'web', labelSelector: '' };
    const call = client.tapByResource(
      TapByResourceRequest.fromPartial({ target: web, maxRps: 100_000, ...request }),
      metadata,
    );
    const watching: Watching = { events: [], notices: [], call, last: undefined, ended: undefined };
    call.on('data', ({ events, notices, books }: TapByResourceResponse) => {
      watching.events.push(...events);
      watching.notices.push(...notices);
      watching.last = books;
    });
    call.on('error', ({ code, details }: ServiceError) => {
      watching.ended = { code, details };
    });
    call.on('end', () => {
      watching.ended ??= { code: 0, details: '' };
    });
    return watching;
  }

  /** One pod, tapped by one viewer. */
  async function one(request: Partial<TapByResourceRequest> = {}) {
    const web = await proxy();
    target.become({ pods: [pod('shop/web-1', web)] });
    const viewer = watch(request);
    await until(() => web.calls.size === 1 && noticesOf(viewer, NoticeKind.POD_TAPPED).length === 1);
    return { web, viewer };
  }

  return { registry, upstreams, target, proxy, watch, one };
}

export function pod(id: string, proxy?: ScriptedProxy): TargetPod {
  return { id, tapAddress: proxy?.address, isMeshed: true };
}

export const noticesOf = ({ notices }: Watching, kind: NoticeKind): string[] =>
  notices.filter((notice) => notice.kind === kind).map(({ pod }) => pod);

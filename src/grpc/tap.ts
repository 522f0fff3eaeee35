import { type Metadata, type ServerWritableStream, status } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import {
  type TapByResourceRequest,
  type TapByResourceResponse,
  type TapServer,
  TapService,
} from '../gen/conduit/tap/v1/tap.js';
import type { Authorize } from '../tap/authorize.js';
import { createTapMetrics } from '../tap/metrics.js';
import { parseTapQuery } from '../tap/parse-tap-query.js';
import { type TapQuery, tappedTarget } from '../tap/tap-query.js';
import { TapSession, type TapSessionOptions } from '../tap/tap-session.js';
import { frame, writeFramed } from './framed.js';
import { openCallOf } from './open-call.js';
import type { GrpcService } from './service.js';
import { StatusError } from './status.js';

export interface TapOptions
  extends Pick<TapSessionOptions, 'upstreams' | 'watchTarget' | 'random' | 'viewerLimits'> {
  readonly authorize: Authorize;
  readonly registry: Registry;
  readonly limits?: Partial<TapLimits>;
}

export interface TapLimits {
  readonly maxViewers: number;
  /** Of one viewer. */
  readonly maxPods: number;
}

/** A viewer costs what it is shown; a hundred that watch 1,000 requests a second each take about a core. */
const defaultLimits: TapLimits = { maxViewers: 100, maxPods: 1_000 };

type Call = ServerWritableStream<TapByResourceRequest, TapByResourceResponse>;

/** `conduit.tap.v1.Tap`; its order of messages and its errors stand beside it in proto/. */
export function createTapService(options: TapOptions): GrpcService {
  const { upstreams, authorize, registry } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const sessions = new Set<TapSession>();
  /** Viewers that are let in, of whom some have no session yet. */
  let viewers = 0;
  const metrics = createTapMetrics(registry, {
    viewers: () => [...sessions].map(({ viewer }) => viewer.books),
    upstreams: () => upstreams.size,
  });

  const tapByResource: TapServer['tapByResource'] = (call) => {
    const parsed = parseTapQuery(call.request);
    if (!parsed.ok) throw new StatusError(status.INVALID_ARGUMENT, parsed.problem);
    if (viewers >= limits.maxViewers) {
      throw new StatusError(status.RESOURCE_EXHAUSTED, `${limits.maxViewers} taps are watched already`);
    }
    viewers += 1;
    let session: TapSession | undefined;
    const open = openCallOf(call);
    open.whenOver(() => {
      viewers -= 1;
      if (session === undefined) return;
      sessions.delete(session);
      session.close();
      metrics.closed(session.viewer.books);
    });
    admit(call.metadata, parsed.value, authorize)
      .then(() => {
        if (open.isEnding) return;
        refuseWithoutPods(parsed.value, options);
        session = show(call, parsed.value, { ...options, maxPods: limits.maxPods });
        sessions.add(session);
      })
      .catch((error: unknown) => open.fail(error));
  };

  return { definition: TapService, implementation: { tapByResource } };
}

async function admit(metadata: Metadata, query: TapQuery, authorize: Authorize): Promise<void> {
  const [header] = metadata.get('authorization');
  const token = typeof header === 'string' ? /^Bearer +(\S+)$/i.exec(header)?.[1] : undefined;
  const resources = [query.target, ...(query.edge.kind === 'from' ? [query.edge.other] : [])];
  const answer = await authorize({ token, resources });
  if (!answer.ok) throw new StatusError(status[answer.code], answer.details);
}

/** Throws where there is nothing to tap, and won't be. */
function refuseWithoutPods(query: TapQuery, { watchTarget }: TapOptions): void {
  const watch = watchTarget(tappedTarget(query), () => undefined);
  const { exists, pods } = watch.state;
  watch.close();
  const { kind, namespace, name } = tappedTarget(query);
  const subject = `${name === undefined ? `any ${kind}` : `${kind} ${name}`}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
  if (!exists) throw new StatusError(status.NOT_FOUND, `there is no ${subject.replace(/^any /, '')}`);
  if (pods.length > 0 && pods.every(({ isMeshed }) => !isMeshed)) {
    const examples = pods.slice(0, 5).map(({ id }) => id);
    throw new StatusError(
      status.NOT_FOUND,
      `none of the ${pods.length} pods of ${subject} has a sidecar of this control plane: ${examples.join(', ')}${pods.length > 5 ? ', …' : ''}`,
    );
  }
}

/** Writes what the viewer is to be told, a message at a time, and what gathered meanwhile in the next one. */
function show(
  call: Call,
  query: TapQuery,
  options: Omit<TapSessionOptions, 'query' | 'onReady' | 'onGone'>,
): TapSession {
  let isWriting = false;
  let hasMore = false;
  let isGone = false;
  const flush = (): void => {
    if (isWriting || !hasMore) return;
    const { message, isLast } = session.viewer.take();
    hasMore = !isLast;
    isWriting = true;
    writeFramed(call, frame(message), (error) => {
      isWriting = false;
      if (error) return;
      if (hasMore) flush();
      else if (isGone) call.end();
    });
  };
  const session = new TapSession({
    ...options,
    query,
    onReady() {
      hasMore = true;
      // What happens in the same turn of the event loop is told in one message.
      setImmediate(flush);
    },
    onGone() {
      isGone = true;
      if (!hasMore && !isWriting) call.end();
    },
  });
  return session;
}

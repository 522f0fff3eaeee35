import type { Connections } from './balance/endpoint.js';
import { createHttp1Upstream } from './http/http1-upstream.js';
import { createHttp2Upstream } from './http/http2-upstream.js';
import type { Upstream } from './http/message.js';
import type { Direction, Observer, Target } from './metrics/observer.js';
import { createDial } from './tcp/dial.js';

export interface ConnectionsOptions {
  readonly direction: Direction;
  readonly observer: Observer;
  readonly connectTimeoutMs: number;
  /** See DialOptions. */
  readonly sourceIp?: string | undefined;
}

/** The ways to one target, each opened on its first use. */
export function createConnections(
  target: () => Target,
  { direction, observer, connectTimeoutMs, sourceIp }: ConnectionsOptions,
): Connections {
  const dialWith = (allowHalfOpen: boolean) =>
    createDial({ target, direction, observer, timeoutMs: connectTimeoutMs, sourceIp, allowHalfOpen });
  return {
    http1: onDemand(() => createHttp1Upstream(dialWith(false))),
    http2: onDemand(() => createHttp2Upstream(dialWith(false))),
    dial: dialWith(true),
  };
}

/** Most endpoints are spoken to in one protocol only. */
function onDemand(create: () => Upstream): Upstream {
  let upstream: Upstream | undefined;
  return {
    send: (request) => {
      upstream ??= create();
      return upstream.send(request);
    },
    drain: () => upstream?.drain(),
  };
}

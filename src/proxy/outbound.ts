import type { Logger } from '../runtime/log.js';
import type { Endpoint } from './balance/endpoint.js';
import { normalAuthority } from './discovery/authority.js';
import type { Backend } from './discovery/backend.js';
import type { Destination, Discovery } from './discovery/discovery.js';
import { type ForwardOptions, forward, type Picked } from './http/forward.js';
import type { HttpHandler, TunnelExchange } from './http/protocol-server.js';
import type { Exchange, ResponseHead } from './http/message.js';
import { refuse } from './http/refusal.js';
import { findRoute, plainProfile } from './profile/profile.js';
import { openEndpoint } from './tcp/forward-bytes.js';
import { tunnel } from './tcp/tunnel.js';

export interface OutboundOptions extends ForwardOptions {
  readonly discovery: Discovery;
  readonly log: Logger;
  /** Whether a connection to this address would end up in this proxy's own outbound listener. */
  readonly isOwn: (ip: string, port: number) => boolean;
}

/** What the application asks for, by the authority of each request. */
export function createOutbound(options: OutboundOptions): HttpHandler {
  return {
    request: (exchange) => route(exchange, options),
    tunnel(exchange) {
      if (exchange.request.method === 'CONNECT') void connect(exchange, options);
      else route(exchange, options);
    },
  };
}

function route(exchange: Exchange | TunnelExchange, options: OutboundOptions): void {
  const { request } = exchange;
  const authority = normalAuthority(request.authority);
  if (authority === undefined) {
    refuse(
      exchange,
      { reason: 'malformed', message: 'the request names no host that it is for' },
      options.proxyName,
    );
    return;
  }
  const destination = options.discovery.known(authority);
  if (destination !== undefined) {
    send(exchange, destination, options);
    return;
  }
  let isAbandoned = false;
  exchange.onAbandoned = () => {
    isAbandoned = true;
  };
  void options.discovery.find(authority).then((found) => {
    if (!isAbandoned) send(exchange, found, options);
  });
}

function send(exchange: Exchange | TunnelExchange, destination: Destination, options: OutboundOptions): void {
  const { request } = exchange;
  const { profile } = destination;
  const [path = ''] = request.path.split('?', 1);
  forward(
    exchange,
    request,
    {
      route: profile === plainProfile ? undefined : findRoute(profile, { method: request.method, path }),
      retryBudget: profile.retryBudget,
      answer: (head: ResponseHead) => head,
      pick: (tried) => {
        const backend = destination.backend();
        const picked = backend.pick(tried);
        return picked instanceof Promise
          ? picked.then((endpoint) => judge(endpoint, backend, options))
          : judge(picked, backend, options);
      },
    },
    options,
  );
}

function judge(endpoint: Endpoint | undefined, backend: Backend, { isOwn }: OutboundOptions): Picked {
  if (endpoint === undefined) {
    return {
      kind: 'none',
      refusal: { reason: 'no-endpoint', message: `no endpoint for ${backend.describe()}` },
    };
  }
  const { ip, port, address } = endpoint.target;
  return isOwn(ip, port)
    ? { kind: 'none', refusal: { reason: 'loop', message: `${address} is this proxy itself` } }
    : { kind: 'endpoint', endpoint };
}

/** CONNECT asks this proxy for a connection of bytes to the authority, which is balanced like any other. */
async function connect(exchange: TunnelExchange, options: OutboundOptions): Promise<void> {
  const { direction, observer, proxyName, discovery, nowMs, isOwn } = options;
  const authority = normalAuthority(exchange.request.authority);
  if (authority === undefined) {
    refuse(exchange, { reason: 'malformed', message: 'the request names no host that it is for' }, proxyName);
    return;
  }
  let isAbandoned = false;
  exchange.onAbandoned = () => {
    isAbandoned = true;
  };
  const backend = (await discovery.find(authority)).backend();
  const opened = await openEndpoint({ nowMs, pick: (tried) => backend.pick(tried) });
  if (opened.kind === 'failed') {
    observer.refused({ direction, protocol: 'tcp', reason: opened.reason });
    const message =
      opened.reason === 'no-endpoint' ? `no endpoint for ${backend.describe()}` : opened.message;
    refuse(exchange, { reason: opened.reason, message }, proxyName);
    return;
  }
  const { socket, endpoint, release } = opened;
  if (isAbandoned || isOwn(endpoint.target.ip, endpoint.target.port)) {
    release();
    socket.destroy();
    if (!isAbandoned) refuse(exchange, { reason: 'loop', message: 'that is this proxy itself' }, proxyName);
    return;
  }
  tunnel(exchange.accept(undefined), socket, release);
}

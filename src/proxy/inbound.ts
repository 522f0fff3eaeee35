import type { Endpoint } from './balance/endpoint.js';
import { type ForwardOptions, forward } from './http/forward.js';
import type { HttpHandler, TunnelExchange } from './http/protocol-server.js';
import type { Exchange, ResponseHead } from './http/message.js';
import { carryAnswer, uncarry } from './http/original-protocol.js';

export interface InboundOptions extends ForwardOptions {
  /** The application. */
  readonly endpoint: Endpoint;
}

/** What others ask of the application. */
export function createInbound(options: InboundOptions): HttpHandler {
  const pass = (exchange: Exchange | TunnelExchange): void => {
    const original = uncarry(exchange.request);
    forward(
      exchange,
      original ?? exchange.request,
      {
        route: undefined,
        retryBudget: undefined,
        answer: (head: ResponseHead) => (original === undefined ? head : carryAnswer(head)),
        pick: () => ({ kind: 'endpoint', endpoint: options.endpoint }),
      },
      options,
    );
  };
  return { request: pass, tunnel: pass };
}

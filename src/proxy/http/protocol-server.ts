import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Exchange, ResponseHead } from './message.js';

/** What is done with the requests of a listener. */
export interface HttpHandler {
  request(exchange: Exchange): void;
  /** A request to become a tunnel: CONNECT, or an upgrade. */
  tunnel(exchange: TunnelExchange): void;
}

/** A request that asks for the connection itself. */
export interface TunnelExchange extends Exchange {
  /** Says yes in the words given, and gives the connection. A `head` of undefined is a bare 200. */
  accept(head: ResponseHead | undefined): Duplex;
}

/** Speaks HTTP/1.x on sockets that it is given. */
export interface ProtocolServer {
  accept(socket: Socket): void;
  /** No further request on any connection: idle ones end, the others behind their answer. */
  drain(): void;
}

/** Room for what proxies and identity providers put into headers; Node's own default is a quarter of it. */
export const maxHeaderBytes = 65_536;

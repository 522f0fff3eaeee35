import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import * as kinds from '../controllers/kinds.js';
import { textAt } from '../store/field.js';
import { type Status, badRequest, failure, notFound } from '../store/status.js';
import type { Store } from '../store/store.js';
import { isCrossSite } from './cross-site.js';

/** Each message begins with the number of its channel: 2n is the data of the nth port, 2n + 1 its errors. */
const protocol = 'v4.channel.k8s.io';

/** A program that writes faster than the client reads waits above this. */
const maxBufferedBytes = 1 << 20;

/**
 * Connections to the ports of pods over WebSockets: `GET …/pods/NAME/portforward?ports=PORT`. A WebSocket is one
 * connection to each port; it ends when one of them does. kubectl speaks another protocol (SPDY) and is refused.
 * Source: kubernetes/kubernetes, pkg/kubelet/portforward.
 */
export class PortForwards {
  readonly #store: Store;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  readonly #open = new Set<WebSocket>();

  constructor({ store }: { readonly store: Store }) {
    this.#store = store;
  }

  /** Takes over a connection that a client wants to use for something else than HTTP. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const target = this.#targetOf(request);
    if ('kind' in target) return refuse(socket, target);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      this.#open.add(ws);
      ws.on('close', () => this.#open.delete(ws));
      for (const [index, port] of target.ports.entries()) forward(ws, index, target.host, port);
    });
  }

  close(): void {
    for (const ws of this.#open) ws.terminate();
    this.#server.close();
  }

  #targetOf(request: IncomingMessage): { readonly host: string; readonly ports: readonly number[] } | Status {
    const { host, origin, upgrade } = request.headers;
    if (isCrossSite({ host, origin, localAddress: request.socket.localAddress })) {
      return failure({ code: 403, reason: 'Forbidden', message: 'a web page may not forward ports' });
    }
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const { namespace = '', name = '' } = pathOfPod.exec(url.pathname)?.groups ?? {};
    if (name === '') return failure({ code: 404, reason: 'NotFound', message: 'nothing is upgraded here' });
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    if (upgrade?.toLowerCase() !== 'websocket' || !offered.includes(protocol)) {
      return badRequest(`ports are forwarded over WebSockets with the subprotocol ${protocol} only`);
    }
    const pod = this.#store.get(kinds.pods, namespace, name);
    if (pod === undefined) return notFound(kinds.pods, name);
    const address = textAt(pod, 'status', 'podIP');
    if (textAt(pod, 'status', 'phase') !== 'Running' || address === undefined) {
      return badRequest(`pod ${name} is not running`);
    }
    const ports = url.searchParams
      .getAll('ports')
      .flatMap((text) => text.split(','))
      .map(Number);
    const isRight =
      ports.length > 0 && ports.every((port) => port >= 1 && port <= 65_535 && Number.isInteger(port));
    return isRight ? { host: address, ports } : badRequest('ports: must be numbers from 1 to 65535');
  }
}

const pathOfPod = /^\/api\/v1\/namespaces\/(?<namespace>[^/]+)\/pods\/(?<name>[^/]+)\/portforward$/;

function forward(ws: WebSocket, index: number, host: string, port: number): void {
  const [data, errors] = [index * 2, index * 2 + 1];
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16LE(port);
  for (const channel of [data, errors]) ws.send(Buffer.concat([Buffer.of(channel), portBytes]));

  const socket = connect({ host, port });
  socket.on('data', (chunk) => {
    if (ws.bufferedAmount > maxBufferedBytes) socket.pause();
    ws.send(Buffer.concat([Buffer.of(data), chunk]), () => socket.resume());
  });
  socket.on('error', (error) => {
    ws.send(
      Buffer.concat([Buffer.of(errors), Buffer.from(`error forwarding port ${port}: ${error.message}`)]),
    );
  });
  socket.on('close', () => ws.close(1_000));
  socket.on('drain', () => ws.resume());
  ws.on('message', (message) => {
    if (message[0] === data && !socket.write(message.subarray(1))) ws.pause();
  });
  ws.on('error', () => socket.destroy());
  ws.on('close', () => socket.destroy());
}

function refuse(socket: Duplex, status: Status): void {
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? ''}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { ApiError, refusal } from './api-error.js';
import type { Cluster } from './cluster.js';
import type { Credentials } from './credentials.js';

export interface PortForwardOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  /** How long the API server may take to agree. Default 10,000. */
  readonly handshakeMs?: number;
}

/**
 * A connection to a port of a pod, through the API server and over a WebSocket. Throws an `ApiError` where there can't be
 * one. What goes wrong later, a port that nobody listens at included, ends the stream with one. There is no half-close:
 * who ends writing ends all.
 *
 * Source: kubernetes/kubernetes, pkg/kubelet/portforward: each message begins with its channel, 0 for data and 1 for
 * errors, and the first one on each holds the port's number.
 */
export async function openPortForward(options: PortForwardOptions): Promise<Duplex> {
  const source = options.cluster.credentials;
  const credentials = await source.get();
  try {
    return await dial(options, credentials);
  } catch (error) {
    const { failure } = error instanceof ApiError ? error : { failure: undefined };
    if (failure?.kind !== 'refused' || failure.status !== 401) throw error;
    const renewed = await source.renew(credentials);
    if (renewed === credentials) throw error;
    return dial(options, renewed);
  }
}

const protocol = 'v4.channel.k8s.io';

function dial(options: PortForwardOptions, credentials: Credentials): Promise<Duplex> {
  const { cluster, namespace, pod, port, handshakeMs = 10_000 } = options;
  const url = new URL(cluster.server);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/namespaces/${namespace}/pods/${pod}/portforward`;
  url.searchParams.set('ports', String(port));
  const ws = new WebSocket(url, [protocol], {
    headers: { 'user-agent': 'conduit', ...credentials.headers },
    ...credentials.tls,
    ...(credentials.agent && { agent: credentials.agent }),
    perMessageDeflate: false,
    handshakeTimeout: handshakeMs,
  });
  return new Promise((resolve, reject) => {
    ws.on('open', () => resolve(new ForwardedConnection(ws)));
    ws.on('unexpected-response', (_, response) => {
      statusIn(response).then((status) => {
        reject(refusal(status, response.statusCode ?? 0));
        ws.terminate();
      }, reject);
    });
    ws.on('error', (error) => reject(new ApiError({ kind: 'connection' }, error.message, { cause: error })));
  });
}

/** The `Status` object in a refusal; undefined where there is none. */
function statusIn(response: IncomingMessage): Promise<unknown> {
  return json(response).catch(() => undefined);
}

class ForwardedConnection extends Duplex {
  readonly #ws: WebSocket;
  /** Channels whose first message, the port, has come. */
  readonly #begun = new Set<number>();

  constructor(ws: WebSocket) {
    super({ allowHalfOpen: false });
    this.#ws = ws;
    ws.on('message', (message) => this.#take(message));
    ws.on('error', (error) => this.#fail(error.message));
    ws.on('close', (code) => {
      // 1000: in good order; 1005: without a word.
      if (code === 1_000 || code === 1_005) this.push(null);
      else this.#fail('the connection to the pod broke');
    });
  }

  override _read(): void {
    this.#ws.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#ws.send(Buffer.concat([dataChannel, chunk]), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#ws.close(1_000);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ws.terminate();
    done(error);
  }

  #take(message: Buffer): void {
    const [channel = 0] = message;
    const isFirst = !this.#begun.has(channel);
    this.#begun.add(channel);
    const content = message.subarray(isFirst ? 3 : 1);
    if (content.length === 0) return;
    if (channel === 1) this.#fail(content.toString('utf8').trim());
    else if (channel === 0 && !this.push(content)) this.#ws.pause();
  }

  #fail(message: string): void {
    this.destroy(new ApiError({ kind: 'connection' }, message));
  }
}

const dataChannel = Buffer.of(0);

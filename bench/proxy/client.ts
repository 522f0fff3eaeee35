import { Agent, request as request1 } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { serveCommands } from '../kit/worker.js';
import type { Protocol } from './server.js';

/** A process that sends requests, so many at a time, and takes their times. */

export interface Load {
  readonly protocol: Protocol;
  readonly port: number;
  readonly authority: string;
  readonly concurrency: number;
  readonly requests: number;
}

export interface Times {
  readonly wallMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const sessions = new Map<number, ClientHttp2Session>();

/** The length of the answer's content. */
type Send = () => Promise<number>;

const commands = {
  async run({ protocol, port, authority, concurrency, requests }: Load): Promise<Times> {
    const send = protocol === 'http1' ? sendHttp1(port, authority) : sendHttp2(port, authority);
    const timesMs: number[] = [];
    let left = requests;
    const startedMs = performance.now();
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const sentMs = performance.now();
        const bytes = await send();
        if (bytes !== 1_024) throw new Error(`an answer of ${bytes} bytes`);
        timesMs.push(performance.now() - sentMs);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const wallMs = performance.now() - startedMs;
    timesMs.sort((a, b) => a - b);
    const at = (share: number): number =>
      timesMs[Math.min(timesMs.length - 1, Math.floor(share * timesMs.length))]!;
    return { wallMs, p50Ms: at(0.5), p99Ms: at(0.99) };
  },
} as const;

export type ClientCommands = typeof commands;

function sendHttp1(port: number, authority: string): Send {
  return () =>
    new Promise((resolve, reject) => {
      const request = request1({ agent, host: '127.0.0.1', port, path: '/a', headers: { host: authority } });
      request.on('error', reject);
      request.on('response', (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(bytes);
          else reject(new Error(`${response.statusCode} ${String(response.headers['l5d-proxy-error'])}`));
        });
      });
      request.end();
    });
}

function sendHttp2(port: number, authority: string): Send {
  let session = sessions.get(port);
  if (session === undefined) {
    session = connect(`http://127.0.0.1:${port}`);
    sessions.set(port, session);
  }
  const open = session;
  return () =>
    new Promise((resolve, reject) => {
      const stream = open.request({ ':path': '/a', ':authority': authority });
      let bytes = 0;
      stream.on('error', reject);
      stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
      stream.on('end', () => resolve(bytes));
    });
}

serveCommands(commands);

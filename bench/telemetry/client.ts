import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { once } from 'node:events';
import { frame } from '../../src/grpc/framed.js';
import { ReportRequest } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { serveCommands } from '../kit/worker.js';
import { encodeIntroduction, encodeReport, reports } from './reports.js';
import type { VariantName } from './variants.js';

/** Proxies that report, each on a connection of its own and without a pause: the next one when the last is answered. */

export interface Load {
  readonly variant: VariantName;
  readonly port: number;
  readonly connections: number;
  /** Of each connection, besides the one that makes it known. */
  readonly messages: number;
}

const path = '/conduit.telemetry.v1.Telemetry/Report';

let sessions: ClientHttp2Session[] = [];
let senders: (() => Promise<void>)[] = [];

const commands = {
  async open({ variant, port, connections, messages }: Load): Promise<void> {
    sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
    await Promise.all(sessions.map((session) => once(session, 'connect')));
    const frames = reports(messages + 1, { requests: 10_000 }).map(
      (report) => frame(encodeReport(report)).buffer,
    );
    const epochMs = Date.now();
    senders = await Promise.all(
      sessions.map((session, connection) => {
        const pod = `web-${connection}`;
        switch (variant) {
          case 'streamed':
            return openStreamed(session, pod, epochMs, frames);
          case 'unary':
            return openUnary(session, pod, frames);
          case 'per observation':
            return openPerObservation(session, pod, messages);
        }
      }),
    );
  },
  /** Resolves when all of it is sent, and answered where there are answers. */
  async send(): Promise<void> {
    await Promise.all(senders.map((send) => send()));
  },
  close(): void {
    for (const session of sessions) session.destroy();
  },
} as const;

export type ClientCommands = typeof commands;

function request(session: ClientHttp2Session, pod: string): ClientHttp2Stream {
  const headers = {
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    pod,
  };
  const stream = session.request(headers);
  stream.on('error', (error) => {
    if (!session.destroyed) throw error;
  });
  return stream;
}

async function openStreamed(
  session: ClientHttp2Session,
  pod: string,
  epochMs: number,
  frames: readonly Buffer[],
): Promise<() => Promise<void>> {
  const stream = request(session, pod);
  let next = 0;
  let done: () => void = () => {};
  const sendNext = (): void => {
    const bytes = frames[next++];
    if (bytes === undefined) done();
    else stream.write(bytes);
  };
  stream.write(frame(encodeIntroduction(pod, epochMs)).buffer);
  await once(stream, 'data');
  stream.write(frames[next++] ?? Buffer.alloc(0));
  await once(stream, 'data');
  // Answers are far smaller than what a chunk holds, and there is one at a time.
  stream.on('data', sendNext);
  return () =>
    new Promise((resolve) => {
      done = resolve;
      sendNext();
    });
}

async function openUnary(
  session: ClientHttp2Session,
  pod: string,
  frames: readonly Buffer[],
): Promise<() => Promise<void>> {
  const send = async (bytes: Buffer | undefined): Promise<void> => {
    const stream = request(session, pod);
    stream.end(bytes);
    stream.resume();
    await once(stream, 'end');
  };
  await send(frames[0]);
  return async () => {
    for (const bytes of frames.slice(1)) await send(bytes);
  };
}

function openPerObservation(
  session: ClientHttp2Session,
  pod: string,
  messages: number,
): Promise<() => Promise<void>> {
  const stream = request(session, pod);
  const observations = Array.from({ length: 10 }, (_each, index) => {
    const value = {
      sequence: 0n,
      complete: false,
      series: [],
      valueSeries: [index + 1],
      values: [BigInt(3 + index * 7)],
      latencies: [],
      ended: [],
    };
    return frame(Buffer.from(ReportRequest.encode({ message: { $case: 'report', value } }).finish())).buffer;
  });
  // A tick's worth goes in one write.
  const batch = Buffer.concat(observations);
  return Promise.resolve(async () => {
    for (let sent = 0; sent < messages; sent += observations.length) {
      await new Promise<void>((resolve) => {
        stream.write(batch, () => resolve());
      });
    }
  });
}

serveCommands(commands);

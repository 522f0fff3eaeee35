import { setTimeout } from 'node:timers/promises';
import { Client, type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import {
  Books,
  TapByResourceRequest,
  TapByResourceResponse,
  TapService,
} from '../../src/gen/conduit/tap/v1/tap.js';
import { monotonicMs } from '../kit/delivery.js';
import { serveCommands } from '../kit/worker.js';

/** Viewers, each on a connection of its own. All count what they are shown; one reads it too. */

interface Viewer {
  readonly client: Client;
  readonly call: ClientReadableStream<Buffer>;
  readonly neverReads: boolean;
  events: number;
  books: Books | undefined;
}

export interface OpenOptions {
  readonly address: string;
  readonly viewers: number;
  /** How many of them take nothing until the end. */
  readonly neverRead: number;
}

/** What all of them were told together, by the last books of each. */
export interface Told {
  readonly received: number;
  readonly delivered: number;
  readonly overflowed: number;
  /** Of the first viewer's requests, from the proxy's writing to here. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

let all: Viewer[] = [];
let latenciesMs: number[] = [];

function open(address: string, index: number, neverReads: boolean): Viewer {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const request = TapByResourceRequest.fromPartial({
    target: { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'web' },
    maxRps: 100_000,
  });
  const { path, requestSerialize } = TapService.tapByResource;
  const call = client.makeServerStreamRequest(path, requestSerialize, (bytes: Buffer) => bytes, request);
  const viewer: Viewer = { client, call, neverReads, events: 0, books: undefined };
  call.on('data', (message: Buffer) => {
    count(viewer, message);
    if (index === 0) readPaths(message);
  });
  call.on('error', () => undefined);
  if (neverReads) call.pause();
  return viewer;
}

const eventTag = 0x0a;
const booksTag = 0x1a;

/** All fields of a message are of the kind that begins with its length. */
function count(viewer: Viewer, message: Buffer): void {
  let offset = 0;
  while (offset < message.length) {
    const tag = message[offset++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[offset++] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (tag === eventTag) viewer.events += 1;
    if (tag === booksTag) viewer.books = Books.decode(message.subarray(offset, offset + length));
    offset += length;
  }
}

function readPaths(message: Buffer): void {
  const nowMs = monotonicMs();
  for (const { event } of TapByResourceResponse.decode(message).events) {
    if (event?.$case !== 'requestInit') continue;
    latenciesMs.push(nowMs - Number(event.value.path.slice('/orders/'.length)));
  }
}

const commands = {
  open({ address, viewers, neverRead }: OpenOptions): void {
    all = Array.from({ length: viewers }, (_, index) => open(address, index, index >= viewers - neverRead));
  },
  /** Forgets what was measured so far. */
  forget(): void {
    latenciesMs = [];
  },
  /** Once every viewer's books have all events that were told since `open`; throws where any book is wrong. */
  async settle({ events }: { readonly events: number }): Promise<Told> {
    for (const { call, neverReads } of all) if (neverReads) call.resume();
    const deadlineMs = monotonicMs() + 20_000;
    const isSettled = ({ books }: Viewer): boolean =>
      books?.received === BigInt(events) && books.pending === 0n;
    while (!all.every(isSettled)) {
      if (monotonicMs() > deadlineMs) {
        const said = all.map(({ books }) => `${books?.received ?? 0n}`).join(' ');
        throw new Error(`of ${events} events the books of viewers have ${said}`);
      }
      await setTimeout(20);
    }
    const told = { received: 0, delivered: 0, overflowed: 0 };
    for (const viewer of all) {
      const { received, delivered, sampledOut, filteredOut, overflowed, orphaned, pending } = viewer.books!;
      const settled = delivered + sampledOut + filteredOut + overflowed + orphaned + pending;
      if (received !== settled) throw new Error(`${received} received, ${settled} in the books`);
      if (delivered !== BigInt(viewer.events)) throw new Error(`${delivered} said, ${viewer.events} arrived`);
      told.received += Number(received);
      told.delivered += Number(delivered);
      told.overflowed += Number(overflowed);
    }
    latenciesMs.sort((a, b) => a - b);
    const at = (part: number): number => latenciesMs[Math.floor(latenciesMs.length * part)] ?? Number.NaN;
    return { ...told, latencyMs: { p50: at(0.5), p99: at(0.99) } };
  },
  close(): void {
    for (const { call, client } of all) {
      call.cancel();
      client.close();
    }
    all = [];
  },
} as const;

export type ViewersCommands = typeof commands;

serveCommands(commands);

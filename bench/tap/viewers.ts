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
  /** How many events its books should have been told of. */
  expected: number;
  events: number;
  books: Books | undefined;
}

export interface OpenOptions {
  readonly address: string;
  readonly viewers: number;
  /** Whether these take nothing until they are closed. */
  readonly neverRead: boolean;
}

/** What all of them were told together, by the last books of each. */
export interface Told {
  readonly received: number;
  readonly delivered: number;
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
  const viewer: Viewer = { client, call, neverReads, expected: 0, events: 0, books: undefined };
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

/** Until each one's books have all that was told since it came; throws where any book is wrong. */
async function settle(viewers: readonly Viewer[]): Promise<Told> {
  const deadlineMs = monotonicMs() + 20_000;
  const isSettled = ({ books, expected }: Viewer): boolean =>
    books?.received === BigInt(expected) && books.pending === 0n;
  while (!viewers.every(isSettled)) {
    if (monotonicMs() > deadlineMs) {
      const said = viewers.map(({ books, expected }) => `${books?.received ?? 0n} of ${expected}`);
      throw new Error(`the books of viewers have ${said.join(', ')} events`);
    }
    await setTimeout(20);
  }
  const told = { received: 0, delivered: 0 };
  for (const viewer of viewers) {
    const { received, delivered, sampledOut, filteredOut, overflowed, orphaned, pending } = viewer.books!;
    const settled = delivered + sampledOut + filteredOut + overflowed + orphaned + pending;
    if (received !== settled) throw new Error(`${received} received, ${settled} in the books`);
    if (delivered !== BigInt(viewer.events)) throw new Error(`${delivered} said, ${viewer.events} arrived`);
    told.received += Number(received);
    told.delivered += Number(delivered);
  }
  return told;
}

const commands = {
  /** There are so many viewers more. */
  open({ address, viewers, neverRead }: OpenOptions): void {
    for (let count = 0; count < viewers; count++) all.push(open(address, all.length, neverRead));
  },
  /** Forgets what was measured so far. */
  forget(): void {
    latenciesMs = [];
  },
  /**
   * Once so many more events have been told, and those who read have them all: how long each of the first viewer's requests
   * took from the proxy's writing to here, and what those who read were told since they came.
   */
  async settle({
    events,
  }: {
    readonly events: number;
  }): Promise<Told & { readonly latenciesMs: readonly number[] }> {
    for (const viewer of all) viewer.expected += events;
    const told = await settle(all.filter(({ neverReads }) => !neverReads));
    return { ...told, latenciesMs };
  },
  /** The viewer that came last takes what there still is for it, and goes. */
  async closeLast(): Promise<Told> {
    const last = all.splice(-1);
    for (const { call } of last) call.resume();
    const told = await settle(last);
    for (const viewer of last) close(viewer);
    return told;
  },
  close(): void {
    for (const viewer of all) close(viewer);
    all = [];
  },
} as const;

export type ViewersCommands = typeof commands;

function close({ call, client }: Viewer): void {
  call.cancel();
  client.close();
}

serveCommands(commands);

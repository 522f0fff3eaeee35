import { watchTap } from '../client/tap.js';
import type { TapConfig } from '../config/tap-flags.js';
import {
  type Books,
  NoticeKind,
  type Notice,
  type TapByResourceResponse,
} from '../gen/conduit/tap/v1/tap.js';
import { withTapConnection } from './api-connection.js';
import { coloursFor } from './colour.js';
import { exitCode, interruptedExitCode } from './exit.js';
import type { Io } from './io.js';
import { printable, printableJson } from './printable.js';
import { tapDocument } from './tap-json.js';
import { readTapRequest } from './tap-request.js';
import { tapLine } from './tap-text.js';

export async function run(config: TapConfig, io: Io, args: readonly string[]): Promise<number> {
  const request = readTapRequest(args, config, config.headers);
  if (!request.ok) {
    io.stderr.write(`conduit tap: ${printable(request.problem)}\n`);
    return exitCode.usage;
  }
  const options = { isWide: config.output === 'wide', colours: coloursFor(io) };
  let books: Books | undefined;
  const onMessage = (message: TapByResourceResponse): void => {
    books = message.books ?? books;
    for (const notice of message.notices) sayNotice(io, notice);
    const lines = message.events.map((event) =>
      config.output === 'json' ? `${printableJson(tapDocument(event))}\n` : tapLine(event, options),
    );
    if (lines.length > 0) io.stdout.write(lines.join(''));
  };
  const end = await withTapConnection(config, io, (connection) =>
    watchTap(request.value, { ...connection, signal: io.signal, onMessage }),
  );
  if (books !== undefined && books.received > 0n) io.stderr.write(`${describeBooks(books)}\n`);
  switch (end.kind) {
    case 'interrupted':
      return interruptedExitCode(io.signal);
    case 'over':
      return exitCode.ok;
    case 'failed':
      io.stderr.write(`conduit tap: ${end.failure.code}: ${printable(end.failure.message)}\n`);
      return exitCode.failure;
  }
}

/** What goes well isn't worth a line. */
export function sayNotice(io: Io, { kind, text }: Notice): void {
  if (kind === NoticeKind.POD_TAPPED || kind === NoticeKind.POD_LEFT) return;
  io.stderr.write(`${printable(text)}\n`);
}

/** `received 120 events = 90 shown + 30 sampled out`. */
export function describeBooks(books: Books): string {
  const rest = [
    [books.sampledOut, 'sampled out'],
    [books.filteredOut, 'filtered out'],
    [books.overflowed, 'lost to a slow reader'],
    [books.orphaned, 'of requests that had begun before'],
    [books.pending, 'undecided'],
  ] as const;
  const parts = rest.filter(([count]) => count > 0n).map(([count, what]) => `${count} ${what}`);
  return `received ${books.received} events = ${[`${books.delivered} shown`, ...parts].join(' + ')}`;
}

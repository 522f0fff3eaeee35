import { watchTap } from '../client/tap.js';
import type { TopConfig } from '../config/tap-flags.js';
import type { Books, TapByResourceResponse } from '../gen/conduit/tap/v1/tap.js';
import { withTapConnection } from './api-connection.js';
import { exitCode, interruptedExitCode } from './exit.js';
import type { Io, Terminal } from './io.js';
import { printable, printableJson } from './printable.js';
import { formatTable } from './table.js';
import { percent } from './stat-text.js';
import { describeBooks, sayNotice } from './tap.js';
import { readTapRequest } from './tap-request.js';
import { type TopOrder, type TopRow, TopTable } from './top-table.js';

const redrawMs = 250;

export async function run(config: TopConfig, io: Io, args: readonly string[]): Promise<number> {
  const request = readTapRequest(args, config, false);
  const problem = request.ok ? usageProblem(config, io) : request.problem;
  if (!request.ok || problem !== undefined) {
    io.stderr.write(`conduit top: ${printable(problem ?? '')}\n`);
    return exitCode.usage;
  }
  const table = new TopTable();
  const done = new AbortController();
  const { terminal } = io;
  const screen =
    config.once || terminal === undefined
      ? undefined
      : new Screen({ io, terminal, table, order: config.sort, onQuit: () => done.abort() });
  const timer = config.once ? setTimeout(() => done.abort(), config.for.ms) : undefined;
  let books: Books | undefined;
  const onMessage = (message: TapByResourceResponse): void => {
    books = message.books ?? books;
    for (const event of message.events) table.add(event);
    for (const notice of message.notices) {
      if (screen === undefined) sayNotice(io, notice);
      else screen.say(notice.text);
    }
  };
  const signal = AbortSignal.any([io.signal, done.signal]);
  const end = await withTapConnection(config, io, (connection) =>
    watchTap(request.value, { ...connection, signal, onMessage }),
  );
  clearTimeout(timer);
  screen?.close();
  if (end.kind === 'failed') {
    io.stderr.write(`conduit top: ${end.failure.code}: ${printable(end.failure.message)}\n`);
    return exitCode.failure;
  }
  if (config.once && !io.signal.aborted) {
    io.stdout.write(
      config.output === 'json'
        ? `${printableJson(topDocument(table.rows(config.sort)), { indent: 2 })}\n`
        : topText(table.rows(config.sort)),
    );
    if (table.requests === 0) io.stderr.write('No requests were seen.\n');
  }
  if (books !== undefined && books.received > books.delivered) io.stderr.write(`${describeBooks(books)}\n`);
  return io.signal.aborted ? interruptedExitCode(io.signal) : exitCode.ok;
}

function usageProblem({ once, output }: TopConfig, { terminal }: Io): string | undefined {
  if (output === 'json' && !once) return '-o json needs --once';
  return once || terminal !== undefined ? undefined : 'stdout is no terminal; use --once';
}

function topText(rows: readonly TopRow[]): string {
  const number = (heading: string, cell: (row: TopRow) => string) => ({ heading, cell, isNumber: true });
  return formatTable(
    [
      { heading: 'SOURCE', cell: ({ source }: TopRow) => source },
      { heading: 'DESTINATION', cell: ({ destination }: TopRow) => destination },
      { heading: 'METHOD', cell: ({ method }: TopRow) => method },
      { heading: 'PATH', cell: ({ path }: TopRow) => path },
      number('COUNT', ({ count }) => String(count)),
      number('BEST', ({ bestMs }) => milliseconds(bestMs)),
      number('WORST', ({ worstMs }) => milliseconds(worstMs)),
      number('LAST', ({ lastMs }) => milliseconds(lastMs)),
      number('SUCCESS', ({ successRate }) => percent(successRate, 2) ?? '-'),
    ],
    rows,
  );
}

function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)}ms` : `${Math.round(ms)}ms`;
}

/** Names and units are stable. */
function topDocument(rows: readonly TopRow[]): readonly object[] {
  return rows.map(({ source, destination, method, path, count, bestMs, worstMs, lastMs, successRate }) => ({
    source,
    destination,
    method,
    path,
    count,
    best_ms: bestMs,
    worst_ms: worstMs,
    last_ms: lastMs,
    success_rate: successRate,
  }));
}

const orders: ReadonlyMap<string, TopOrder> = new Map([
  ['c', 'count'],
  ['b', 'best'],
  ['w', 'worst'],
  ['l', 'last'],
  ['s', 'success'],
]);

interface ScreenOptions {
  readonly io: Io;
  readonly terminal: Terminal;
  readonly table: TopTable;
  readonly order: TopOrder;
  readonly onQuit: () => void;
}

/** Shows the table over and over on a terminal, in one write each time, and takes keys. */
class Screen {
  readonly #io: Io;
  readonly #terminal: Terminal;
  readonly #table: TopTable;
  readonly #onQuit: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #stopKeys: () => void;
  #order: TopOrder;
  #notice = '';

  constructor({ io, terminal, table, order, onQuit }: ScreenOptions) {
    this.#io = io;
    this.#terminal = terminal;
    this.#table = table;
    this.#order = order;
    this.#onQuit = onQuit;
    // The alternate screen: what was there before comes back at the end. ?25: the cursor.
    io.stdout.write('\u001b[?1049h\u001b[?25l');
    this.#timer = setInterval(() => this.#draw(), redrawMs);
    this.#stopKeys = terminal.onKey((key) => this.#onKey(key));
    this.#draw();
  }

  say(text: string): void {
    this.#notice = printable(text);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopKeys();
    this.#io.stdout.write('\u001b[?25h\u001b[?1049l');
  }

  #onKey(key: string): void {
    if (key === 'q') this.#onQuit();
    const order = orders.get(key);
    if (order === undefined) return;
    this.#order = order;
    this.#draw();
  }

  #draw(): void {
    const { columns, rows: height } = this.#terminal.size();
    const head = `${this.#table.requests} requests, by ${this.#order}   (c)ount (b)est (w)orst (l)ast (s)uccess   (q)uit`;
    const all = topText(this.#table.rows(this.#order).slice(0, height)).split('\n');
    const lines = [head, this.#notice, ...all]
      .slice(0, height - 1)
      .map((line) => `${line.slice(0, columns)}\u001b[K`);
    this.#io.stdout.write(`\u001b[H${lines.join('\n')}\u001b[J`);
  }
}

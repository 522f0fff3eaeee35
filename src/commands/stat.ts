import { setTimeout as delay } from 'node:timers/promises';
import { statSummary } from '../client/api.js';
import type { StatConfig } from '../config/stat-flags.js';
import type { StatSummaryRequest, StatSummaryResponse } from '../gen/conduit/api/v1/api.js';
import { ResourceKind } from '../gen/conduit/api/v1/resource.js';
import { toDuration } from '../wire/duration.js';
import { type ApiConnection, connectToApi } from './api-connection.js';
import { coloursFor } from './colour.js';
import { exitCode, interruptedExitCode } from './exit.js';
import type { Io } from './io.js';
import { printable, printableJson } from './printable.js';
import { readSelections } from './resource-arguments.js';
import { type StatRows, statDocument, statTables } from './stat-row.js';
import { statText } from './stat-text.js';

const watchPeriodMs = 2_000;

export async function run(config: StatConfig, io: Io, args: readonly string[]): Promise<number> {
  const selected = readSelections(args, config);
  if (!selected.ok) {
    io.stderr.write(`conduit stat: ${printable(selected.problem)}\n`);
    return exitCode.usage;
  }
  const { selections, edge } = selected.value;
  const request: StatSummaryRequest = {
    selections: [...selections],
    window: toDuration(config.timeWindow.ms),
    edge: edge && { ...edge },
  };
  const connected = await connectToApi(config, io);
  if (!connected.ok) {
    io.stderr.write(`conduit stat: ${printable(connected.problem)}\n`);
    return exitCode.failure;
  }
  try {
    return await ask(connected.value, request, config, io);
  } finally {
    connected.value.close();
  }
}

async function ask(
  connection: ApiConnection,
  request: StatSummaryRequest,
  config: StatConfig,
  io: Io,
): Promise<number> {
  const question = {
    address: connection.address,
    signal: io.signal,
    timeoutMs: config.timeout.ms,
  };
  const show = config.watch && io.isTty ? inPlace(io) : oneAfterTheOther(io);
  for (;;) {
    const answer = await statSummary(question, request);
    if (io.signal.aborted) return interruptedExitCode(io.signal);
    if (!answer.ok) {
      const { code, message } = answer.failure;
      io.stderr.write(`conduit stat: ${code}: ${printable(connection.problem() ?? message)}\n`);
      // A watch outlives a restart of the control plane, but not a question that makes no sense to it.
      if (!config.watch || (code !== 'UNAVAILABLE' && code !== 'DEADLINE_EXCEEDED')) return exitCode.failure;
    } else {
      show(render(answer.value, config, io), remarks(answer.value, config));
      if (!config.watch) return exitCode.ok;
    }
    await delay(watchPeriodMs, undefined, { signal: io.signal }).catch(() => undefined);
    if (io.signal.aborted) return interruptedExitCode(io.signal);
  }
}

function render(response: StatSummaryResponse, config: StatConfig, io: Io): string {
  const tables = statTables(response);
  if (config.output === 'json') return `${printableJson(statDocument(tables), { indent: 2 })}\n`;
  return statText(tables, {
    isWide: config.output === 'wide',
    showsNamespace: config.allNamespaces,
    colours: coloursFor(io),
  });
}

/** What a table alone doesn't tell. */
function remarks(response: StatSummaryResponse, config: StatConfig): readonly string[] {
  const isEmpty = statTables(response).every(({ rows }: StatRows) => rows.length === 0);
  const isNamespaced = response.tables.some(({ kind }) => kind !== ResourceKind.NAMESPACE);
  const where = config.allNamespaces || !isNamespaced ? '' : ` in namespace ${config.namespace ?? 'default'}`;
  return [
    ...(isEmpty && config.output !== 'json'
      ? [
          config.to !== undefined || config.from !== undefined
            ? 'No traffic found.'
            : `No resources found${where}.`,
        ]
      : []),
    ...(response.incompleteBecause === '' ? [] : [`Incomplete: ${printable(response.incompleteBecause)}.`]),
  ];
}

type Show = (text: string, remarks: readonly string[]) => void;

function oneAfterTheOther(io: Io): Show {
  let isFirst = true;
  return (text, said) => {
    io.stdout.write(`${isFirst ? '' : '\n'}${text}`);
    for (const line of said) io.stderr.write(`${line}\n`);
    isFirst = false;
  };
}

/** Over what it was before, in one write: nothing flickers. ECMA-48: ESC[H home, ESC[K to the line's end, ESC[J to the end. */
function inPlace(io: Io): Show {
  let isFirst = true;
  return (text, said) => {
    // What doesn't fit would scroll the rest away; more than the screen shows is for -o json, or a table once.
    const height = io.terminal?.size().rows ?? Number.POSITIVE_INFINITY;
    const shown = [...said, ...text.trimEnd().split('\n')].slice(0, Math.max(1, height - 1));
    // ?7l: what is wider than the screen is cut off, and doesn't go on in another line.
    const lines = shown.map((line) => `${line}\u001b[K`).join('\n');
    io.stdout.write(`${isFirst ? '\u001b[2J' : ''}\u001b[?7l\u001b[H${lines}\u001b[J\u001b[?7h`);
    isFirst = false;
  };
}

import type { ToldEvent } from '../client/endpoint-stream.js';
import type { ToldEndpoint } from '../client/told-endpoint.js';
import type { WatchPrinter } from './ask.js';
import { coloursFor } from './colour.js';
import { changeLine, endpointsDocument, lostLine, snapshotLine } from './endpoints-json.js';
import { differenceLines, endpointsTable } from './endpoints-text.js';
import { outageLines } from './failure-line.js';
import type { Io } from './io.js';
import { printable, printableJson } from './printable.js';

/** Prints what is heard of some authorities, in one format. */
export interface EndpointsPrinter extends WatchPrinter<ToldEvent> {
  /** The answer to a single question. */
  readonly answer: (authority: string, told: ToldSetView) => void;
}

interface ToldSetView {
  readonly exists: boolean;
  readonly endpoints: readonly ToldEndpoint[];
}

/** Tables and lines to read. Where they are about `several` authorities, each says which. */
export function textPrinter(io: Io, { several }: { readonly several: boolean }): EndpointsPrinter {
  const colours = coloursFor(io);
  const tables = new Set<string>();
  const outages = outageLines(io);

  const table = (authority: string, told: ToldSetView) => {
    const gap = several && tables.size > 0 ? '\n' : '';
    const title = several && told.endpoints.length > 0 ? `${printable(authority)}:\n` : '';
    io.stdout.write(`${gap}${title}${endpointsTable(authority, told)}`);
    tables.add(authority);
  };
  const lines = (authority: string, { difference, exists, endpoints }: ToldEvent) => {
    const prefix = several ? `${authority} ` : '';
    const emptied = endpoints.length === 0 ? endpointsTable(authority, { exists, endpoints }) : '';
    io.stdout.write(`${differenceLines(difference, prefix, colours)}${emptied}`);
  };
  return {
    answer: table,
    event: (authority, event) => {
      outages.heard(authority);
      if (tables.has(authority)) lines(authority, event);
      else table(authority, event);
    },
    lost: outages.lost,
  };
}

/** The documents and lines of endpoints-json.ts. */
export function jsonPrinter(io: Io): EndpointsPrinter {
  return {
    answer: (authority, told) => {
      io.stdout.write(`${printableJson(endpointsDocument(authority, told), { indent: 2 })}\n`);
    },
    event: (authority, event) => {
      const line = event.kind === 'snapshot' ? snapshotLine(authority, event) : changeLine(authority, event);
      io.stdout.write(`${printableJson(line)}\n`);
    },
    lost: (authority, failure, retryInMs) => {
      io.stdout.write(`${printableJson(lostLine(authority, failure, retryInMs))}\n`);
    },
  };
}

import type { ConfigOf, FlagTable, Parsed } from './flag.js';
import { duration, headerName, nonEmpty, oneOf } from './parsers.js';
import { apiFlags, resourceFlags } from './resource-flags.js';

/** HTTP statuses, both ends included. */
export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

/** `404`, `5xx`, `400-499`. */
export function statusRange(text: string): Parsed<StatusRange> {
  const {
    class: family,
    min,
    max,
  } = /^(?:(?<class>[1-9])xx|(?<min>[1-9]\d\d)(?:-(?<max>[1-9]\d\d))?)$/i.exec(text)?.groups ?? {};
  if (family !== undefined)
    return { ok: true, value: { min: Number(family) * 100, max: Number(family) * 100 + 99 } };
  const range = { min: Number(min), max: Number(max ?? min) };
  return min !== undefined && range.min <= range.max
    ? { ok: true, value: range }
    : { ok: false, expected: 'a status such as 404, 5xx or 400-499' };
}

function rate(text: string): Parsed<number> {
  const value = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return value > 0 && value <= 100_000
    ? { ok: true, value }
    : { ok: false, expected: 'a number above 0, up to 100000' };
}

/** Which requests, of commands that watch them. */
const requestFlags = {
  ...resourceFlags,
  'max-rps': {
    kind: 'value',
    placeholder: 'N',
    parse: rate,
    /** More than anybody can read, and little for a control plane. */
    default: '100',
    help: 'How many requests a second to show at most. Of more, each has the same chance.',
    group: 'Requests',
    env: 'none',
  },
  method: {
    kind: 'value',
    placeholder: 'METHOD',
    parse: nonEmpty('an HTTP method'),
    default: { kind: 'unset', says: 'any' },
    help: 'Only requests with this method.',
    group: 'Requests',
    env: 'none',
  },
  scheme: {
    kind: 'value',
    placeholder: 'SCHEME',
    parse: nonEmpty('http or https'),
    default: { kind: 'unset', says: 'any' },
    help: 'Only requests with this scheme.',
    group: 'Requests',
    env: 'none',
  },
  authority: {
    kind: 'value',
    placeholder: 'AUTHORITY',
    parse: nonEmpty('an authority'),
    default: { kind: 'unset', says: 'any' },
    help: 'Only requests for this :authority, or Host.',
    group: 'Requests',
    env: 'none',
  },
  path: {
    kind: 'value',
    placeholder: 'PREFIX',
    parse: nonEmpty('the beginning of a path'),
    default: { kind: 'unset', says: 'any' },
    help: 'Only requests whose path begins like this.',
    group: 'Requests',
    env: 'none',
  },
  status: {
    kind: 'repeated',
    placeholder: 'STATUS',
    parse: statusRange,
    default: { kind: 'value', value: [], says: 'any' },
    help: 'Only requests whose response has this status: 404, 5xx, 400-499. Can be repeated.',
    group: 'Requests',
    env: 'none',
  },
  'min-latency': {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 0 } }),
    default: '0ms',
    help: 'Only requests whose response took this long to begin.',
    group: 'Requests',
    env: 'none',
  },
  header: {
    kind: 'repeated',
    placeholder: 'NAME',
    parse: headerName,
    default: { kind: 'value', value: [], says: 'any' },
    help: 'Only requests where they, or their responses, have this header. Can be repeated.',
    group: 'Requests',
    env: 'none',
  },
} as const satisfies FlagTable;

const tokenFlags = {
  ...apiFlags,
  token: {
    kind: 'value',
    placeholder: 'TOKEN',
    parse: nonEmpty('a token'),
    default: {
      kind: 'unset',
      says: 'with --api-addr none, else one of the service account conduit-tap, which the cluster is asked for',
    },
    help: 'The Kubernetes token to show the control plane, for the audience tap.conduit.io.',
    group: 'Connection',
  },
  'token-file': {
    kind: 'value',
    placeholder: 'FILE',
    parse: nonEmpty('a path'),
    default: { kind: 'unset', says: 'none' },
    help: 'A file with that token.',
    group: 'Connection',
    env: 'none',
  },
} as const satisfies FlagTable;

export const tapFlags = {
  ...requestFlags,
  headers: {
    kind: 'switch',
    help: 'Show headers and trailers, with -o wide and -o json. Values of credentials are withheld.',
    group: 'Output',
    env: 'none',
  },
  output: {
    kind: 'value',
    short: 'o',
    placeholder: 'FORMAT',
    parse: oneOf('text', 'wide', 'json'),
    default: 'text',
    help: 'text: a line for each event; wide: with the labels of both ends; json: an object a line.',
    group: 'Output',
    env: 'none',
  },
  ...tokenFlags,
} as const satisfies FlagTable;

export const topFlags = {
  ...requestFlags,
  once: {
    kind: 'switch',
    help: 'Watch for the time of --for, print one table, and end.',
    group: 'Output',
    env: 'none',
  },
  for: {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 100 } }),
    default: '10s',
    help: 'How long to watch with --once.',
    group: 'Output',
    env: 'none',
  },
  sort: {
    kind: 'value',
    placeholder: 'COLUMN',
    parse: oneOf('count', 'best', 'worst', 'last', 'success'),
    default: 'count',
    help: 'By what to sort: count, best, worst, last or success. On a terminal the keys c, b, w, l and s do.',
    group: 'Output',
    env: 'none',
  },
  output: {
    kind: 'value',
    short: 'o',
    placeholder: 'FORMAT',
    parse: oneOf('table', 'json'),
    default: 'table',
    help: 'table, or json with --once: an array with an object for each row.',
    group: 'Output',
    env: 'none',
  },
  ...tokenFlags,
} as const satisfies FlagTable;

export type TapConfig = ConfigOf<typeof tapFlags>;
export type TopConfig = ConfigOf<typeof topFlags>;

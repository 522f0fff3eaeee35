import type { ConfigOf, FlagTable } from './flag.js';
import { duration, oneOf } from './parsers.js';
import { apiFlags, resourceFlags } from './resource-flags.js';

export const statFlags = {
  ...resourceFlags,
  'time-window': {
    kind: 'value',
    short: 't',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 10_000 }, max: { ms: 3_600_000 } }),
    /** Long enough for rates that mean something, short enough to see what happens. */
    default: '1m',
    help: 'Over how long, until now: 10s to 1h.',
    group: 'Resources',
    env: 'none',
  },
  watch: {
    kind: 'switch',
    short: 'w',
    help: 'Show it again every 2 s, until interrupted; on a terminal in place.',
    group: 'Output',
    env: 'none',
  },
  output: {
    kind: 'value',
    short: 'o',
    placeholder: 'FORMAT',
    parse: oneOf('table', 'wide', 'json'),
    default: 'table',
    help: 'table, wide (with TCP connections and bytes) or json: an array with an object for each resource.',
    group: 'Output',
    env: 'none',
  },
  ...apiFlags,
  timeout: {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 1 } }),
    /** Longer than a control plane waits for its Prometheus. */
    default: '5s',
    help: 'How long to wait for an answer.',
    group: 'Connection',
    env: 'none',
  },
} as const satisfies FlagTable;

export type StatConfig = ConfigOf<typeof statFlags>;

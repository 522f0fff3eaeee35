import type { FlagTable } from './flag.js';
import { oneOf } from './parsers.js';

export const logFlags = {
  'log-level': {
    kind: 'value',
    placeholder: 'LEVEL',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    /** Starts, stops and what changes the state of the whole: a few lines an hour in a healthy cluster. */
    default: 'info',
    help: 'The least severe messages to log: trace, debug, info, warn, error, fatal or silent.',
    group: 'Logs',
  },
  'log-format': {
    kind: 'value',
    placeholder: 'FORMAT',
    parse: oneOf('auto', 'json', 'pretty'),
    /** People read terminals, machines read the rest. */
    default: 'auto',
    help: 'json (one object a line), pretty, or auto: pretty on a terminal, otherwise json.',
    group: 'Logs',
  },
} as const satisfies FlagTable;

import type { ConfigOf, FlagTable } from './flag.js';
import { contextToken, dialAddress, duration, oneOf } from './parsers.js';
import { apiPort, proxyApiPort } from './ports.js';

/** Whom to ask, and as whom, of commands that show what proxies are told. */
const askFlags = {
  'context-token': {
    kind: 'value',
    placeholder: 'JSON',
    parse: contextToken,
    default: { kind: 'unset', says: 'none: a client that nothing is known about' },
    help: 'Ask as this client: {"ns":"shop","nodeName":"node-1","pod":"web-1"}, each part optional.',
    group: 'Connection',
    env: 'none',
  },
  addr: {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    /** Where a sandbox listens, and `kubectl port-forward deploy/conduit 8086`. */
    default: `127.0.0.1:${proxyApiPort}`,
    help: 'The proxy-facing address of a running control plane.',
    group: 'Connection',
  },
  timeout: {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 1 } }),
    /** A control plane answers within 3 s, which is how long proxies wait; the rest is for slow links. */
    default: '5s',
    help: 'How long to wait for the first answer.',
    group: 'Connection',
    env: 'none',
  },
  'api-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    /** Where a sandbox listens, and `kubectl port-forward deploy/conduit 8085`. */
    default: `127.0.0.1:${apiPort}`,
    help: 'The tooling-facing address of a running control plane, for --explain.',
    group: 'Connection',
    // CONDUIT_API_ADDR is where a control plane listens, which need not name a host.
    env: 'none',
  },
} as const satisfies FlagTable;

export const endpointsFlags = {
  watch: {
    kind: 'switch',
    short: 'w',
    help: 'Print the endpoints and then every change of them, until interrupted.',
    group: 'Output',
    env: 'none',
  },
  explain: {
    kind: 'switch',
    help: 'Print every address that the cluster declares for the service, with whether it is told and why.',
    group: 'Output',
    env: 'none',
  },
  output: {
    kind: 'value',
    short: 'o',
    placeholder: 'FORMAT',
    parse: oneOf('table', 'json'),
    default: 'table',
    help: 'table, or json: a document for each authority; with --watch, an object a line.',
    group: 'Output',
    env: 'none',
  },
  ...askFlags,
} as const satisfies FlagTable;

export const profileFlags = {
  watch: {
    kind: 'switch',
    short: 'w',
    help: 'Print the profile, and again whenever it changes, until interrupted.',
    group: 'Output',
    env: 'none',
  },
  explain: {
    kind: 'switch',
    help: 'Print what the authority stands for, and where each part of its profile comes from.',
    group: 'Output',
    env: 'none',
  },
  output: endpointsFlags.output,
  ...askFlags,
} as const satisfies FlagTable;

export type EndpointsConfig = ConfigOf<typeof endpointsFlags>;
export type ProfileConfig = ConfigOf<typeof profileFlags>;

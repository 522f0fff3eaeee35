import { describe, expect, test } from 'vitest';
import type { FlagTable } from '../../src/config/flag.js';
import { controllerFlags, sandboxFlags } from '../../src/config/flags.js';
import { formatProblem, type GivenFlags, loadConfig } from '../../src/config/load.js';
import { duration, integer, nonEmpty, oneOf } from '../../src/config/parsers.js';

const table = {
  colour: {
    kind: 'value',
    placeholder: 'COLOUR',
    parse: oneOf('red', 'green', 'blue'),
    default: 'red',
    help: '',
    group: '',
  },
  'wait-time': {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 0 } }),
    default: '1s',
    help: '',
    group: '',
  },
  'second-colour': {
    kind: 'value',
    placeholder: 'COLOUR',
    parse: oneOf('red', 'green', 'blue'),
    default: { kind: 'flag', name: 'colour' },
    help: '',
    group: '',
  },
  name: {
    kind: 'value',
    placeholder: 'NAME',
    parse: nonEmpty('a name'),
    default: { kind: 'unset', says: 'none' },
    help: '',
    group: '',
  },
  number: {
    kind: 'repeated',
    placeholder: 'N',
    parse: integer({ min: 0, max: 9 }),
    default: { kind: 'value', value: [7], says: 'seven' },
    help: '',
    group: '',
  },
  loud: { kind: 'switch', help: '', group: '' },
  quick: {
    kind: 'value',
    placeholder: 'N',
    parse: integer({ min: 0, max: 9 }),
    default: '1',
    help: '',
    group: '',
    env: 'none',
  },
} as const satisfies FlagTable;

function load(flags: GivenFlags = {}, env: Record<string, string | undefined> = {}) {
  return loadConfig(table, { flags, env });
}

function problems(flags: GivenFlags, env: Record<string, string> = {}): readonly string[] {
  const loaded = load(flags, env);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

const defaults = {
  colour: 'red',
  waitTime: { ms: 1_000 },
  secondColour: 'red',
  name: undefined,
  number: [7],
  loud: false,
  quick: 1,
};

describe('values', () => {
  test('are the defaults where nobody set anything', () => {
    expect(load()).toEqual({ ok: true, config: defaults });
  });

  test('have the type that their parser gives', () => {
    const loaded = load();
    // Compiles only as long as the configuration's type follows from the table.
    const config: {
      readonly colour: 'red' | 'green' | 'blue';
      readonly waitTime: { readonly ms: number };
      readonly secondColour: 'red' | 'green' | 'blue';
      readonly name: string | undefined;
      readonly number: readonly number[];
      readonly loud: boolean;
      readonly quick: number;
    } = loaded.ok ? loaded.config : expect.unreachable();
    expect(Object.keys(config)).toEqual(Object.keys(defaults));
  });

  test('come from flags', () => {
    const flags = { colour: 'blue', 'wait-time': '2m', name: 'x', number: ['1', '2'], loud: true };
    expect(load(flags)).toEqual({
      ok: true,
      config: {
        ...defaults,
        colour: 'blue',
        waitTime: { ms: 120_000 },
        secondColour: 'blue',
        name: 'x',
        number: [1, 2],
        loud: true,
      },
    });
  });

  test('come from the environment', () => {
    const env = {
      CONDUIT_COLOUR: 'green',
      CONDUIT_WAIT_TIME: '5ms',
      CONDUIT_NUMBER: '3,4',
      CONDUIT_LOUD: 'true',
    };
    expect(load({}, env)).toEqual({
      ok: true,
      config: {
        ...defaults,
        colour: 'green',
        waitTime: { ms: 5 },
        secondColour: 'green',
        number: [3, 4],
        loud: true,
      },
    });
  });

  test('of a flag win over the environment', () => {
    const env = { CONDUIT_COLOUR: 'not even a colour', CONDUIT_NUMBER: '3,4' };
    expect(load({ colour: 'blue', number: ['5'] }, env)).toEqual({
      ok: true,
      config: { ...defaults, colour: 'blue', secondColour: 'blue', number: [5] },
    });
  });

  test('follow the flag that their default names, unless they are set', () => {
    expect(load({ colour: 'blue', 'second-colour': 'green' })).toMatchObject({
      config: { colour: 'blue', secondColour: 'green' },
    });
    expect(load({ colour: 'blue' }, { CONDUIT_SECOND_COLOUR: 'green' })).toMatchObject({
      config: { colour: 'blue', secondColour: 'green' },
    });
  });

  test('ignore variables that are empty, or of a flag that has none, or of no flag at all', () => {
    const env = {
      CONDUIT_COLOUR: '',
      CONDUIT_QUICK: '5',
      CONDUIT_PORT: 'tcp://10.0.0.1:80',
      CONDUIT_NAME: undefined,
    };
    expect(load({}, env)).toEqual({ ok: true, config: defaults });
  });

  test('are frozen, all the way down', () => {
    const loaded = load({ number: ['1'] });
    const config = loaded.ok ? loaded.config : expect.unreachable();
    const parts = [config, config.waitTime, config.number];
    expect(parts.map(Object.isFrozen)).toEqual([true, true, true]);
  });
});

describe('problems', () => {
  test('are told all at once, each with what was written where, and what was expected', () => {
    const flags = { colour: 'pink', number: ['1', '10', 'x'], quick: '-1' };
    const env = { CONDUIT_WAIT_TIME: 'soon', CONDUIT_LOUD: 'yes', CONDUIT_NAME: 'fine' };
    expect(problems(flags, env)).toEqual([
      '--colour "pink": expected one of red, green, blue',
      'CONDUIT_WAIT_TIME "soon": expected a duration from 0ms to 24h, such as 500ms, 10s or 1m30s',
      '--number "10": expected a whole number from 0 to 9',
      '--number "x": expected a whole number from 0 to 9',
      'CONDUIT_LOUD "yes": expected true or false',
      '--quick "-1": expected a whole number from 0 to 9',
    ]);
  });

  test('of a flag are not repeated for the flags that follow it', () => {
    expect(problems({ colour: 'pink' })).toHaveLength(1);
  });

  test('of an empty value are told for flags', () => {
    expect(problems({ name: '', colour: '' })).toEqual([
      '--colour "": expected one of red, green, blue',
      '--name "": expected a name',
    ]);
  });

  test('show control characters escaped, and a long value in part', () => {
    expect(problems({ colour: '\u001b[31m\n' })).toEqual([
      '--colour "\\u001b[31m\\n": expected one of red, green, blue',
    ]);
    expect(problems({ colour: 'x'.repeat(1_000) })).toEqual([
      `--colour "${'x'.repeat(120)}…": expected one of red, green, blue`,
    ]);
  });
});

describe('the tables of the program', () => {
  test('give the controller its defaults', () => {
    expect(loadConfig(controllerFlags, { flags: {}, env: {} })).toEqual({
      ok: true,
      config: {
        kubeconfig: undefined,
        context: undefined,
        endpointsSource: 'auto',
        clusterDomain: 'cluster.local',
        controllerNamespace: 'conduit',
        trustDomain: 'cluster.local',
        meshDomain: 'conduit.io',
        enableH2Upgrade: true,
        defaultOpaquePorts: [25, 587, 3306, 4444, 5432, 6379, 9300, 11211].map((port) => ({
          from: port,
          to: port,
        })),
        enableSelfOverride: true,
        meshedHttp2ClientParams: undefined,
        services: ['destination', 'telemetry', 'tap'],
        prometheusUrl: undefined,
        tapRedactedHeaders: [],
        proxyApiAddr: { host: undefined, port: 8086 },
        apiAddr: { host: undefined, port: 8085 },
        adminAddr: { host: undefined, port: 9990 },
        logLevel: 'info',
        logFormat: 'auto',
      },
    });
  });

  test('keep the sandbox on loopback', () => {
    const loaded = loadConfig(sandboxFlags, { flags: {}, env: {} });
    const config = loaded.ok ? loaded.config : expect.unreachable();
    const { proxyApiAddr, apiAddr, adminAddr, kubeAddr } = config;
    expect([proxyApiAddr, apiAddr, adminAddr, kubeAddr]).toEqual([
      { host: '127.0.0.1', port: 8086 },
      { host: '127.0.0.1', port: 8085 },
      { host: '127.0.0.1', port: 9990 },
      { host: '127.0.0.1', port: 8087 },
    ]);
  });

  test('give the sandbox the mesh of the controller', () => {
    const controller = loadConfig(controllerFlags, { flags: {}, env: {} });
    const sandbox = loadConfig(sandboxFlags, { flags: {}, env: {} });
    const { enableH2Upgrade, defaultOpaquePorts, enableSelfOverride, meshedHttp2ClientParams, meshDomain } =
      controller.ok ? controller.config : expect.unreachable();
    expect(sandbox.ok ? sandbox.config : undefined).toMatchObject({
      enableH2Upgrade,
      defaultOpaquePorts,
      enableSelfOverride,
      meshedHttp2ClientParams,
      meshDomain,
    });
  });

  test('name the field of the HTTP/2 parameters that is wrong', () => {
    const value = '{"keep_alive":{"while_idle":"yes"}}';
    const loaded = loadConfig(controllerFlags, { flags: { 'meshed-http2-client-params': value }, env: {} });
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([
      `--meshed-http2-client-params ${JSON.stringify(value)}: expected keep_alive.while_idle to be true or false, not "yes"`,
    ]);
  });

  test('name the services there are where one is unknown', () => {
    const loaded = loadConfig(controllerFlags, { flags: { services: 'destination,dns' }, env: {} });
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      {
        source: '--services',
        value: 'destination,dns',
        expected: 'a list separated by commas, of: destination, telemetry, tap',
      },
    ]);
  });
});

test('credentials of a URL that can’t be read are not told', () => {
  const loaded = loadConfig(controllerFlags, {
    flags: { 'prometheus-url': 'ftp://me:secret@host/x' },
    env: {},
  });
  expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([
    '--prometheus-url "ftp://…@host/x": expected a URL such as http://prometheus.monitoring:9090, with http or https and without a query',
  ]);
});

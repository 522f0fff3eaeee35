import { describe, expect, test } from 'vitest';
import { endpointsFlags, profileFlags } from '../../src/config/ask-flags.js';
import {
  configKey,
  defaultText,
  envName,
  type Flag,
  type FlagTable,
  flagUsage,
} from '../../src/config/flag.js';
import { controllerFlags, sandboxFlags, versionFlags } from '../../src/config/flags.js';
import { loadConfig } from '../../src/config/load.js';
import { proxyFlags } from '../../src/config/proxy-flags.js';

const tables: readonly [string, FlagTable][] = [
  ['controller', controllerFlags],
  ['proxy', proxyFlags],
  ['sandbox', sandboxFlags],
  ['endpoints', endpointsFlags],
  ['profile', profileFlags],
  ['version', versionFlags],
];

describe.each(tables)('the flags of %s', (_, table) => {
  const flags = Object.entries(table);

  test('have readable defaults', () => {
    expect(loadConfig(table, { flags: {}, env: {} })).toMatchObject({ ok: true });
  });

  test('refer only to flags of the same table that have a default of their own', () => {
    const referents = flags.flatMap(([, flag]) =>
      flag.kind !== 'switch' && typeof flag.default === 'object' && flag.default.kind === 'flag'
        ? [table[flag.default.name]]
        : [],
    );
    expect(referents.every((flag) => flag?.kind === 'value' && typeof flag.default === 'string')).toBe(true);
  });

  test('have names in lower case with dashes, and no short name twice', () => {
    expect(flags.filter(([name]) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))).toEqual([]);
    const shorts = flags.flatMap(([, flag]) => flag.short ?? []);
    expect(new Set(shorts).size).toBe(shorts.length);
  });

  test('say what they are for, in sentences', () => {
    expect(flags.filter(([, flag]) => !/^\S.*\.$|\}, each part optional\.$/.test(flag.help))).toEqual([]);
  });

  test('have no variable that Kubernetes would set for a Service', () => {
    const clashes = /_(PORT|SERVICE_HOST|SERVICE_PORT)(_|$)/;
    expect(
      flags.map(([name, flag]) => envName(name, flag)).filter((name) => clashes.test(name ?? '')),
    ).toEqual([]);
  });
});

test('a flag in its many forms', () => {
  const addr: Flag = controllerFlags['proxy-api-addr'];
  expect(configKey('proxy-api-addr')).toBe('proxyApiAddr');
  expect(envName('proxy-api-addr', addr)).toBe('CONDUIT_PROXY_API_ADDR');
  expect(flagUsage('proxy-api-addr', addr)).toBe('--proxy-api-addr HOST:PORT');
  expect(defaultText(addr)).toBe(':8086');

  const watch: Flag = endpointsFlags.watch;
  expect(envName('watch', watch)).toBe(undefined);
  expect(flagUsage('watch', watch)).toBe('-w, --watch');
  expect(defaultText(watch)).toBe(undefined);
});

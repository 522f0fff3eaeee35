import { describe, expect, test } from 'vitest';
import { serviceProfileDecoder } from '../../../src/kube/decode/service-profile.js';
import { rawServiceProfile } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const decode = serviceProfileDecoder();
const name = 'web.shop.svc.cluster.local';

const rowWith = (spec: unknown) => rowOf(decode, rawServiceProfile(name, spec, { namespace: 'shop' }));
const resultOf = (spec: unknown) => decodeRaw(decode, rawServiceProfile(name, spec, { namespace: 'shop' }));

/** The row's account of what was left out, after checking that the warnings tell the same. */
function problemsOf(spec: unknown): readonly string[] {
  const result = resultOf(spec);
  if (result.kind !== 'row') throw new Error(JSON.stringify(result));
  const { warnings, row } = result;
  expect(row.problems).toEqual(
    warnings.map(({ field, value, expected }) => `${field}: ${value}, expected ${expected}`),
  );
  return row.problems;
}

describe('service profiles', () => {
  test('all that is kept', () => {
    const row = rowWith({
      routes: [
        {
          name: 'GET /books/{id}',
          condition: { method: 'get', pathRegex: '/books/\\d+' },
          isRetryable: true,
          timeout: '1.5s',
          responseClasses: [
            { condition: { status: { min: 500, max: 599 } }, isFailure: true },
            { condition: { not: { status: { max: 299 } } } },
          ],
        },
        { name: 'all else', condition: { pathRegex: '.*' } },
      ],
      retryBudget: { retryRatio: 0.5, minRetriesPerSecond: 0, ttl: '30s' },
      dstOverrides: [
        { authority: 'web-a.shop.svc.cluster.local:8080', weight: '900m' },
        { authority: 'web-b.shop.svc.cluster.local', weight: '100m' },
      ],
    });
    expect(row).toStrictEqual({
      id: `shop/${name}`,
      namespace: 'shop',
      name,
      routes: [
        {
          name: 'GET /books/{id}',
          condition: {
            kind: 'all',
            matches: [
              { kind: 'method', method: 'GET' },
              { kind: 'path', regex: '/books/\\d+' },
            ],
          },
          responseClasses: [
            { condition: { kind: 'status', min: 500, max: 599 }, isFailure: true },
            { condition: { kind: 'not', match: { kind: 'status', min: 100, max: 299 } }, isFailure: false },
          ],
          isRetryable: true,
          timeoutMs: 1_500,
        },
        {
          name: 'all else',
          condition: { kind: 'path', regex: '.*' },
          responseClasses: [],
          isRetryable: false,
          timeoutMs: undefined,
        },
      ],
      retryBudget: { retryRatio: 0.5, minRetriesPerSecond: 0, ttlMs: 30_000 },
      overrides: [
        { authority: 'web-a.shop.svc.cluster.local:8080', weight: 9_000 },
        { authority: 'web-b.shop.svc.cluster.local', weight: 1_000 },
      ],
      problems: [],
    });
  });

  test.each([
    undefined,
    null,
    {},
    { routes: null, retryBudget: null, dstOverrides: null },
    { routes: [], dstOverrides: [] },
  ])('%j says nothing', (spec) => {
    expect(rowWith(spec)).toMatchObject({ routes: [], retryBudget: undefined, overrides: [], problems: [] });
  });

  // Linkerd's schema has it a list, its controller a map.
  test.each([[['3306']], [{ 3306: {} }], ['3306'], [7]])('opaque ports %j don’t count', (opaquePorts) => {
    const routes = [{ name: 'a', condition: { pathRegex: '/a' } }];
    expect(rowWith({ opaquePorts, routes })).toEqual(rowWith({ routes }));
  });

  test.each([
    ['text', 'spec: "text", expected an object'],
    [{ routes: 7, dstOverrides: [{ authority: 'a.b', weight: 1 }] }, 'spec.routes: 7, expected an array'],
  ])('%j is told, and what else there is counts', (spec, problem) => {
    expect(problemsOf(spec)).toEqual([problem]);
  });

  test.each([
    ['metadata.name', 7],
    ['metadata.namespace', undefined],
  ])('%s = %j makes it malformed', (field, value) => {
    expect(decodeRaw(decode, withField(rawServiceProfile(name, {}), field, value))).toMatchObject({
      kind: 'malformed',
      problem: { field, expected: 'a non-empty string' },
    });
  });

  test('more mistakes than a call has arguments are no trouble', () => {
    const any = Array.from({ length: 200_000 }, () => 7);
    const spec = { routes: [{ condition: { any } }, { condition: { pathRegex: '/' } }], dstOverrides: any };
    expect(resultOf(spec)).toMatchObject({ kind: 'row', row: { routes: [{ condition: { kind: 'path' } }] } });
  });

  test('mistakes without end are told as far as anybody would read', () => {
    const result = resultOf({ routes: Array.from({ length: 10_000 }, () => ({})) });
    expect(result).toMatchObject({ row: { routes: [] } });
    if (result.kind !== 'row') return;
    expect(result.row.problems).toHaveLength(101);
    expect(result.row.problems.at(-1)).toBe('and 9900 more');
  });
});

describe('routes', () => {
  test('a bad one doesn’t hide the good ones beside it', () => {
    const spec = {
      routes: [
        { name: 'first', condition: { pathRegex: '/first' } },
        { name: 'none' },
        { name: 'empty', condition: {} },
        { name: 'half', condition: { method: 'GET', pathRegex: 7 } },
        'text',
        null,
        { name: 'last', condition: { pathRegex: '/last' } },
      ],
      dstOverrides: [{ authority: 'web.shop', weight: 1 }],
    };
    const result = resultOf(spec);
    expect(result).toMatchObject({
      row: {
        routes: [{ name: 'first' }, { name: 'last' }],
        overrides: [{ authority: 'web.shop', weight: 10_000 }],
      },
    });
    const oneOf = 'expected a condition: all, any, method, not, pathRegex';
    expect(problemsOf(spec)).toEqual([
      `spec.routes[1].condition: nothing, ${oneOf}`,
      `spec.routes[2].condition: {}, ${oneOf}`,
      'spec.routes[3].condition.pathRegex: 7, expected a string',
      'spec.routes[4]: "text", expected an object',
      `spec.routes[5].condition: nothing, ${oneOf}`,
    ]);
  });

  const route = (fields: object) => {
    const result = resultOf({ routes: [{ name: 'r', condition: { pathRegex: '/' }, ...fields }] });
    if (result.kind !== 'row') throw new Error(JSON.stringify(result));
    return result.row;
  };

  test.each([
    ['300ms', 300],
    ['1m', 60_000],
    ['100us', 0.1],
    ['0s', undefined],
    ['0', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('timeout %j', (timeout, timeoutMs) => {
    expect(route({ timeout })).toMatchObject({ routes: [{ timeoutMs }], problems: [] });
  });

  test.each([
    [{ timeout: 'abc' }, 'timeout: "abc", expected a duration such as 300ms'],
    [{ timeout: '-1s' }, 'timeout: "-1s", expected a duration such as 300ms'],
    [{ timeout: '10' }, 'timeout: "10", expected a duration such as 300ms'],
    [{ timeout: 10 }, 'timeout: 10, expected a string'],
    [{ isRetryable: 'yes' }, 'isRetryable: "yes", expected true or false'],
    [{ name: 7 }, 'name: 7, expected a string'],
    [{ responseClasses: 7 }, 'responseClasses: 7, expected an array'],
  ])('%j leaves the route as if it weren’t there', (fields, problem) => {
    const row = route(fields);
    expect(row.routes).toStrictEqual([
      {
        name: 'name' in fields ? '' : 'r',
        condition: { kind: 'path', regex: '/' },
        responseClasses: [],
        isRetryable: false,
        timeoutMs: undefined,
      },
    ]);
    expect(row.problems).toEqual([`spec.routes[0].${problem}`]);
  });

  test('a bad response class doesn’t hide the good ones beside it', () => {
    const good = { condition: { status: { min: 500 } }, isFailure: true };
    const row = route({
      responseClasses: [
        good,
        { isFailure: true },
        { condition: {}, isFailure: true },
        { condition: { status: { min: 500 } }, isFailure: 'yes' },
        7,
        good,
      ],
      timeout: '1s',
    });
    const status = { condition: { kind: 'status', min: 500, max: 599 }, isFailure: true };
    expect(row.routes).toMatchObject([{ responseClasses: [status, status], timeoutMs: 1_000 }]);
    expect(row.problems).toEqual([
      'spec.routes[0].responseClasses[1].condition: nothing, expected a condition: all, any, status, not',
      'spec.routes[0].responseClasses[2].condition: {}, expected a condition: all, any, status, not',
      'spec.routes[0].responseClasses[3].isFailure: "yes", expected true or false',
      'spec.routes[0].responseClasses[4]: 7, expected an object',
    ]);
  });
});

describe('the retry budget', () => {
  const standard = { retryRatio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 };

  test.each([
    [{}, standard],
    [{ retryRatio: null, minRetriesPerSecond: null, ttl: null }, standard],
    [{ retryRatio: 0 }, { ...standard, retryRatio: 0 }],
    [{ retryRatio: 1_000 }, { ...standard, retryRatio: 1_000 }],
    [{ minRetriesPerSecond: 2_147_483_647 }, { ...standard, minRetriesPerSecond: 2_147_483_647 }],
    [{ ttl: '1s' }, { ...standard, ttlMs: 1_000 }],
    [{ ttl: '1m' }, { ...standard, ttlMs: 60_000 }],
  ])('%j', (retryBudget, expected) => {
    expect(rowWith({ retryBudget }).retryBudget).toStrictEqual(expected);
  });

  test.each([
    ['retryRatio', -0.1, 'a number from 0 to 1000'],
    ['retryRatio', 1_000.1, 'a number from 0 to 1000'],
    ['retryRatio', '0.2', 'a number from 0 to 1000'],
    ['minRetriesPerSecond', -1, 'a whole number from 0 to 2147483647'],
    ['minRetriesPerSecond', 1.5, 'a whole number from 0 to 2147483647'],
    ['minRetriesPerSecond', 2_147_483_648, 'a whole number from 0 to 2147483647'],
    ['ttl', '999ms', 'a duration from 1s to 60s'],
    ['ttl', '61s', 'a duration from 1s to 60s'],
    ['ttl', '', 'a duration from 1s to 60s'],
    ['ttl', 'long', 'a duration from 1s to 60s'],
    ['ttl', 10, 'a string'],
  ])('%s = %j is the default instead, and the others count', (field, value, expected) => {
    const given = { retryRatio: 0.5, minRetriesPerSecond: 5, ttl: '5s', [field]: value };
    const row = { retryRatio: 0.5, minRetriesPerSecond: 5, ttlMs: 5_000 };
    const key = field === 'ttl' ? 'ttlMs' : (field as 'retryRatio');
    expect(resultOf({ retryBudget: given })).toMatchObject({
      row: { retryBudget: { ...row, [key]: standard[key] } },
      warnings: [{ field: `spec.retryBudget.${field}`, value: JSON.stringify(value), expected }],
    });
  });

  test('that is none is none', () => {
    expect(problemsOf({ retryBudget: 'small' })).toEqual(['spec.retryBudget: "small", expected an object']);
    expect(resultOf({ retryBudget: 'small' })).toMatchObject({ row: { retryBudget: undefined } });
  });
});

describe('overrides', () => {
  const override = (fields: object) =>
    resultOf({ dstOverrides: [{ authority: 'a.shop', weight: 1, ...fields }] });

  test.each([
    ['1', 10_000],
    ['500m', 5_000],
    ['0.5', 5_000],
    ['1k', 10_000_000],
    ['1e3', 10_000_000],
    ['33.33333m', 333],
    ['1n', 1],
    ['4294967295', 4_294_967_295],
    ['1e999', 4_294_967_295],
    [1, 10_000],
    [0.5, 5_000],
    [100, 1_000_000],
    [1e300, 4_294_967_295],
  ])('weight %j', (weight, expected) => {
    expect(override({ weight })).toMatchObject({ row: { overrides: [{ weight: expected }] }, warnings: [] });
  });

  test.each([0, '0', '0m', '-0', '0e9'])('weight %j is a share of nothing, which is no mistake', (weight) => {
    expect(override({ weight })).toMatchObject({ row: { overrides: [] }, warnings: [] });
  });

  test.each([-1, '-500m', 'much', '', true, null, undefined, {}])('weight %j', (weight) => {
    expect(override({ weight })).toMatchObject({
      row: { overrides: [] },
      warnings: [
        {
          field: 'spec.dstOverrides[0].weight',
          expected: 'a quantity that is not negative, such as 500m or 1',
        },
      ],
    });
  });

  test.each([
    ['web', 'web'],
    ['web.shop.svc.cluster.local', 'web.shop.svc.cluster.local'],
    ['web.shop.svc.cluster.local:1', 'web.shop.svc.cluster.local:1'],
    ['web.shop.svc.cluster.local.:65535', 'web.shop.svc.cluster.local:65535'],
    ['web.shop.svc.cluster.local.', 'web.shop.svc.cluster.local'],
    ['Web.Shop:080', 'web.shop:80'],
    ['1.web', '1.web'],
    [`${'a'.repeat(63)}.shop`, `${'a'.repeat(63)}.shop`],
  ])('authority %j', (authority, expected) => {
    expect(override({ authority })).toMatchObject({
      row: { overrides: [{ authority: expected, weight: 10_000 }] },
      warnings: [],
    });
  });

  test.each([
    '',
    '.',
    ':80',
    'web:',
    'web:0',
    'web:65536',
    'web:http',
    'web:80:80',
    'web..shop',
    'web_a',
    '-web',
    'web-',
    'web shop',
    'http://web',
    'wéb',
    '10.0.0.1',
    '10.0.0.1:80',
    '10.0.0',
    '::1',
    '[::1]:80',
    `${'a'.repeat(64)}.shop`,
    'a.'.repeat(127).concat('a'),
  ])('authority %j is none', (authority) => {
    expect(override({ authority })).toMatchObject({
      row: { overrides: [] },
      warnings: [
        { field: 'spec.dstOverrides[0].authority', expected: 'a DNS name, or one with a port, 1 to 65535' },
      ],
    });
  });

  test('a bad one doesn’t hide the good ones beside it', () => {
    const spec = {
      dstOverrides: [
        { authority: 'a.shop', weight: 1 },
        { authority: 7, weight: 1 },
        { weight: 1 },
        'text',
        { authority: 'b.shop', weight: 2 },
      ],
      routes: [{ name: 'r', condition: { pathRegex: '/' } }],
    };
    expect(resultOf(spec)).toMatchObject({
      row: {
        overrides: [
          { authority: 'a.shop', weight: 10_000 },
          { authority: 'b.shop', weight: 20_000 },
        ],
        routes: [{ name: 'r' }],
      },
    });
    expect(problemsOf(spec)).toEqual([
      'spec.dstOverrides[1].authority: 7, expected a string',
      'spec.dstOverrides[2].authority: nothing, expected a DNS name, or one with a port, 1 to 65535',
      'spec.dstOverrides[3]: "text", expected an object',
    ]);
  });
});

import { expect, test } from 'vitest';
import type { PodSelection } from '../../src/core/resource.js';
import { createEmbeddedSource } from '../../src/stats/embedded-source.js';
import type { StatEdge } from '../../src/stats/stat-query.js';
import { api, question, selection, shop } from './shop.js';

const startMs = 1_700_000_000_000;

/** A shop that has had traffic for some time, and a source of its numbers. */
function traded(seconds = 120) {
  let nowMs = startMs;
  const { mesh, reporters, report } = shop(() => nowMs);
  report(0);
  for (let second = 1; second <= seconds; second++) {
    nowMs = startMs + second * 1_000;
    report(second);
    if (second % 5 === 0) reporters.turn();
  }
  const source = createEmbeddedSource({
    reporters,
    mesh,
    clusterDomain: 'cluster.local',
    nowMs: () => nowMs,
  });
  return { source, report, reporters, advance: (ms: number) => (nowMs += ms) };
}

/** Successes, failures, mutual TLS, bytes read and written, by the second; and connections. */
async function rates(selections: PodSelection, edge?: StatEdge): Promise<Record<string, readonly number[]>> {
  const answer = await traded().source.traffic(question(selections, edge));
  if (!answer.ok) throw new Error(answer.problem);
  expect([answer.windowMs, answer.incompleteBecause]).toEqual([60_000, '']);
  const seconds = answer.windowMs / 1_000;
  return Object.fromEntries(
    [...(answer.tables[0] ?? [])].map(([key, { http, tcp }]) => [
      key,
      [
        ...[http?.successes, http?.failures, http?.mutualTls, tcp?.readBytes, tcp?.writtenBytes].map(
          (count) => (count ?? Number.NaN) / seconds,
        ),
        tcp?.openConnections ?? Number.NaN,
      ],
    ]),
  );
}

const fromWeb: StatEdge = { kind: 'from', other: selection('Deployment', 'web') };
const toApi: StatEdge = { kind: 'to', other: selection('Deployment', 'api') };
const nth2 = { labels: [{ kind: 'in', label: 'nth', values: ['2'] }] } as const;
const asked = [63, 7, 60, 7_000, 121_000, 6];

test.each<[string, PodSelection, StatEdge | undefined, Record<string, readonly number[]>]>([
  ['what deployments were asked', selection('Deployment'), undefined, { 'shop/api': asked }],
  [
    'what pods were asked',
    selection('Pod'),
    undefined,
    { 'shop/api-1': [40, 0, 40, 4_000, 80_000, 2], 'shop/api-2': [23, 7, 20, 3_000, 41_000, 4] },
  ],
  ['by a name', selection('Pod', 'api-1'), undefined, { 'shop/api-1': [40, 0, 40, 4_000, 80_000, 2] }],
  [
    'by labels',
    selection('Pod', undefined, nth2),
    undefined,
    { 'shop/api-2': [23, 7, 20, 3_000, 41_000, 4] },
  ],
  [
    'by labels of a deployment’s pods',
    selection('Deployment', undefined, nth2),
    undefined,
    { 'shop/api': [23, 7, 20, 3_000, 41_000, 4] },
  ],
  ['what ReplicaSets were asked', selection('ReplicaSet'), undefined, { 'shop/api-77c': asked }],
  ['what namespaces were asked', selection('Namespace'), undefined, { '/shop': asked }],
  [
    'in all namespaces',
    selection('Deployment', undefined, { namespace: undefined }),
    undefined,
    { 'shop/api': asked },
  ],
  ['in another namespace', selection('Deployment', undefined, { namespace: 'idle' }), undefined, {}],
  ['what services were asked, as the clients saw it', selection('Service'), undefined, { 'shop/api': asked }],
  [
    'what authorities were asked',
    selection('Authority'),
    undefined,
    {
      [`shop/${api}`]: [55, 5, 60, 6_000, 120_000, 4],
      'shop/api.shop.svc.cluster.local:8080': [8, 2, 0, 1_000, 1_000, 2],
    },
  ],
  [
    'a service by labels of its pods',
    selection('Service', 'api', nth2),
    undefined,
    { 'shop/api': [23, 7, 20, 3_000, 41_000, 4] },
  ],
  ['who asks a deployment', selection('Deployment'), toApi, { 'shop/web': [55, 5, 60, 6_000, 120_000, 4] }],
  ['which jobs ask it', selection('Job'), toApi, { 'shop/nightly': [8, 2, 0, 1_000, 1_000, 2] }],
  [
    'who asks a service',
    selection('Pod', 'web-2'),
    { kind: 'to', other: selection('Service', 'api') },
    { 'shop/web-2': [15, 5, 20, 2_000, 40_000, 2] },
  ],
  [
    'whom a deployment asks',
    selection('Deployment'),
    fromWeb,
    { 'shop/api': [55, 5, 60, 6_000, 120_000, 4] },
  ],
  ['which services it asks', selection('Service'), fromWeb, { 'shop/api': [55, 5, 60, 6_000, 120_000, 4] }],
  [
    'whom those with certain labels ask',
    selection('Pod'),
    { kind: 'from', other: selection('Deployment', 'web', nth2) },
    { 'shop/api-2': [15, 5, 20, 2_000, 40_000, 2] },
  ],
  [
    'who asks those that nobody asks',
    selection('Deployment'),
    { kind: 'to', other: selection('Deployment', 'web') },
    {},
  ],
  [
    'between a namespace and itself',
    selection('Namespace'),
    { kind: 'from', other: selection('Namespace', 'shop') },
    { '/shop': asked },
  ],
])('%s', async (_name, selections, edge, expected) => {
  expect(await rates(selections, edge)).toEqual(expected);
});

test('quantiles are those of all that a row sums up', async () => {
  const answer = await traded().source.traffic(
    question([selection('Pod', 'api-1'), selection('Deployment')]),
  );
  if (!answer.ok) throw new Error(answer.problem);
  const latencies = answer.tables.map((table) => [...table.values()].map(({ http }) => http?.latencyMs));
  expect(latencies).toEqual(
    [
      // 20, 16, 4 and none of 40: the middle is the end of the first bucket.
      [{ p50: 10, p95: 100 + 900 * (2 / 4), p99: 100 + 900 * (3.6 / 4) }],
      // 25, 21, 22 and 2 of 70: beyond the last bound nothing more is known.
      [{ p50: 10 + 90 * (10 / 21), p95: 100 + 900 * (20.5 / 22), p99: 1_000 }],
    ].map((table) => table.map((row) => expect.objectContaining(close(row)))),
  );
});

function close(numbers: Record<string, number>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, expect.closeTo(value, 6)]));
}

test('a window is as long as frames make it, and what has not been turned in counts', async () => {
  const { source, report, advance } = traded(122);
  advance(1_000);
  report(123);
  const answer = await source.traffic(question(selection('Deployment'), undefined, 10_000));
  if (!answer.ok) throw new Error(answer.problem);
  const successes = answer.tables[0]?.get('shop/api')?.http?.successes ?? 0;
  expect(answer.windowMs).toBe(8_000);
  expect(successes).toBe(63 * 8);
});

test('a window is no longer than traffic has been known of', async () => {
  const { source } = traded(40);
  const answer = await source.traffic(question(selection('Deployment'), undefined, 600_000));
  expect(answer).toMatchObject({
    ok: true,
    windowMs: 40_000,
    incompleteBecause: 'this control plane has known of traffic for 40 s only',
  });
});

test('pods whose sidecars report to others, or to nobody, are told of', async () => {
  const { source, reporters } = traded();
  const [api1, nightly] = ['shop/api-1', 'shop/nightly-1'].map((id) =>
    reporters.all().find(({ pod }) => pod === id),
  );
  for (const each of [api1, nightly]) if (each !== undefined) reporters.leave(each);
  const reason = async (...args: Parameters<typeof question>): Promise<string> => {
    const answer = await source.traffic(question(...args));
    return answer.ok ? answer.incompleteBecause : answer.problem;
  };
  expect(await reason(selection('Deployment', 'web'))).toBe('');
  expect(await reason(selection('Deployment', 'api'))).toBe(
    'of 2 pods with a sidecar, 1 does not report to this replica',
  );
  // One of the five has yet to run.
  expect(await reason(selection('Pod'))).toBe('of 4 pods with a sidecar, 2 do not report to this replica');
  // Of two ends those tell that ask.
  expect(
    await reason(selection('Deployment', 'web'), { kind: 'from', other: selection('Deployment', 'api') }),
  ).toBe('of 2 pods with a sidecar, 1 does not report to this replica');
  expect(await reason(selection('Service'))).toBe('');
});

test('where there was no traffic there is no row', async () => {
  const { source, advance } = traded(60);
  advance(3_000_000);
  const answer = await source.traffic(question([selection('Authority'), selection('Deployment', 'quiet')]));
  expect(answer).toMatchObject({ ok: true, tables: [expect.any(Map), new Map()] });
  // Its connections are still open.
  if (!answer.ok) throw new Error(answer.problem);
  expect(
    [...(answer.tables[0] ?? [])].map(([key, { http, tcp }]) => [key, http, tcp?.openConnections]),
  ).toEqual([
    [api, undefined, 4].map((each) => (each === api ? `shop/${api}` : each)),
    ['shop/api.shop.svc.cluster.local:8080', undefined, 2],
  ]);
});

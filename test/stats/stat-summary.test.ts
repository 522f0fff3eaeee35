import { expect, test } from 'vitest';
import type { PodSelection } from '../../src/core/resource.js';
import { StatSource as SourceMessage, type StatTable } from '../../src/gen/conduit/api/v1/api.js';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import type { StatEdge } from '../../src/stats/stat-query.js';
import type { SourceAnswer, StatSource, Traffic } from '../../src/stats/stat-source.js';
import { summarizeStats } from '../../src/stats/stat-summary.js';
import { question, selection, shop } from './shop.js';

const some: Traffic = {
  http: { successes: 9, failures: 1, mutualTls: 5, latencyMs: { p50: 1, p95: 2, p99: undefined } },
  tcp: undefined,
};

/** A source that tells this of every selection. */
function telling(traffic: Readonly<Record<string, Traffic>>, fields: Partial<SourceAnswer> = {}): StatSource {
  return {
    kind: 'prometheus',
    traffic: ({ selections }) =>
      Promise.resolve({
        ok: true,
        tables: selections.map(() => new Map(Object.entries(traffic))),
        windowMs: 60_000,
        incompleteBecause: '',
        ...fields,
      } as SourceAnswer),
  };
}

async function summary(
  source: StatSource,
  selections: PodSelection | readonly PodSelection[],
  edge?: StatEdge,
) {
  const { mesh } = shop(() => Date.now());
  return await summarizeStats(question(selections, edge), { mesh, source });
}

async function tables(
  traffic: Readonly<Record<string, Traffic>>,
  selections: PodSelection | readonly PodSelection[],
  edge?: StatEdge,
): Promise<readonly StatTable[]> {
  const found = await summary(telling(traffic), selections, edge);
  if (found.kind !== 'summary') throw new Error(found.problem);
  return found.response.tables;
}

/** Name, pods that are meshed of those that run, and successes. */
function plain({ rows }: StatTable): unknown[] {
  return rows.map(({ resource, pods, http }) => [
    `${resource?.namespace}/${resource?.name}`,
    pods && `${pods.meshed}/${pods.running}`,
    http?.successes,
  ]);
}

test('every resource has its row, with or without traffic, in the order of names', async () => {
  const [deployments, pods] = await tables({ 'shop/api': some, 'shop/api-2': some }, [
    selection('Deployment'),
    selection('Pod'),
  ]);
  expect(deployments?.kind).toBe(ResourceKind.DEPLOYMENT);
  expect(plain(deployments!)).toEqual([
    ['shop/api', '2/2', 9],
    ['shop/quiet', '0/0', undefined],
    ['shop/web', '2/2', undefined],
  ]);
  expect(plain(pods!)).toEqual([
    ['shop/api-1', '1/1', undefined],
    ['shop/api-2', '1/1', 9],
    ['shop/nightly-1', '1/1', undefined],
    ['shop/web-1', '1/1', undefined],
    ['shop/web-2', '1/1', undefined],
  ]);
});

test('a row says what there is to say, and nothing else', async () => {
  const [table] = await tables({ 'shop/api': some }, selection('Deployment', 'api'));
  expect(table?.rows).toEqual([
    {
      resource: { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'api' },
      pods: { meshed: 2, running: 2 },
      http: {
        successes: 9,
        failures: 1,
        mutualTls: 5,
        latencyP50Ms: 1,
        latencyP95Ms: 2,
        latencyP99Ms: undefined,
      },
      tcp: undefined,
    },
  ]);
});

test('between two ends, and of authorities, only what had traffic has a row', async () => {
  const fromWeb: StatEdge = { kind: 'from', other: selection('Deployment', 'web') };
  const [deployments] = await tables({ 'shop/api': some }, selection('Deployment'), fromWeb);
  expect(plain(deployments!)).toEqual([['shop/api', '2/2', 9]]);
  const [authorities] = await tables({ 'shop/b:80': some, 'shop/a:80': some }, selection('Authority'));
  expect(plain(authorities!)).toEqual([
    ['shop/a:80', undefined, 9],
    ['shop/b:80', undefined, 9],
  ]);
});

test('traffic of what is gone has no row, but between two ends', async () => {
  const traffic = { 'shop/gone': some };
  const [deployments] = await tables(traffic, selection('Deployment'));
  expect(plain(deployments!).flat()).not.toContain('shop/gone');
  const [asking] = await tables(traffic, selection('Deployment'), {
    kind: 'to',
    other: selection('Service', 'api'),
  });
  expect(plain(asking!)).toEqual([['shop/gone', '0/0', 9]]);
});

test('namespaces are in none', async () => {
  const [namespaces] = await tables({ '/shop': some }, selection('Namespace'));
  expect(plain(namespaces!)).toEqual([
    ['/idle', '0/0', undefined],
    ['/shop', '5/5', 9],
  ]);
});

test('what the source says of its numbers is told', async () => {
  const source = telling({}, { windowMs: 8_500, incompleteBecause: 'a reason' });
  expect(await summary(source, selection('Deployment'))).toMatchObject({
    kind: 'summary',
    response: {
      window: { seconds: 8n, nanos: 500_000_000 },
      source: SourceMessage.PROMETHEUS,
      incompleteBecause: 'a reason',
    },
  });
});

test.each<[PodSelection, StatEdge | undefined, string]>([
  [selection('Deployment', 'none'), undefined, 'there is no deployment none in namespace shop'],
  [selection('Deployment', undefined, { namespace: 'none' }), undefined, 'there is no namespace none'],
  [selection('Namespace', 'none'), undefined, 'there is no namespace none'],
  [
    selection('Deployment'),
    { kind: 'to', other: selection('Service', 'none') },
    'there is no service none in namespace shop',
  ],
])('what doesn’t exist is told before numbers are asked for: %j', async (selections, edge, problem) => {
  const source: StatSource = {
    kind: 'embedded',
    traffic: () => Promise.reject(new Error('not to be asked')),
  };
  expect(await summary(source, selections, edge)).toEqual({ kind: 'missing', problem });
});

test('numbers that can’t be had', async () => {
  const source: StatSource = {
    kind: 'prometheus',
    traffic: () => Promise.resolve({ ok: false, problem: 'a reason' }),
  };
  expect(await summary(source, selection('Pod'))).toEqual({ kind: 'unavailable', problem: 'a reason' });
});

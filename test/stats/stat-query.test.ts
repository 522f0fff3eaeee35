import { expect, test } from 'vitest';
import { StatSummaryRequest } from '../../src/gen/conduit/api/v1/api.js';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import { readStatQuery } from '../../src/stats/stat-query.js';

type Fields = Parameters<typeof StatSummaryRequest.fromPartial>[0];

function read(fields: Fields) {
  return readStatQuery(StatSummaryRequest.fromPartial(fields));
}

const web = { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'web' };
const service = { kind: ResourceKind.SERVICE, namespace: 'shop', name: 'api' };
const authority = { kind: ResourceKind.AUTHORITY, namespace: 'shop' };

test('a minute, of one resource, unless it says otherwise', () => {
  expect(read({ selections: [web] })).toEqual({
    ok: true,
    value: {
      selections: [{ kind: 'Deployment', namespace: 'shop', name: 'web', labels: [] }],
      windowMs: 60_000,
      edge: { kind: 'none' },
    },
  });
});

test.each(['to', 'from'] as const)('%s', ($case) => {
  const selections = [$case === 'to' ? web : service];
  const edge = { $case, value: web };
  expect(read({ selections, edge, window: { seconds: 600n, nanos: 500_000_000 } })).toMatchObject({
    ok: true,
    value: { windowMs: 600_500, edge: { kind: $case, other: { kind: 'Deployment', name: 'web' } } },
  });
});

test.each<[string, Fields, string]>([
  ['nothing selected', {}, 'selections: none; expected at least one'],
  [
    'too much selected',
    { selections: Array.from({ length: 101 }, () => web) },
    'selections: 101; expected at most 100',
  ],
  [
    'a short window',
    { selections: [web], window: { seconds: 9n, nanos: 0 } },
    'window: 9 s; expected from 10 s to 1 h',
  ],
  [
    'a long one',
    { selections: [web], window: { seconds: 3_601n, nanos: 0 } },
    'window: 3601 s; expected from 10 s to 1 h',
  ],
  [
    'a negative one',
    { selections: [web], window: { seconds: -60n, nanos: 0 } },
    'window: -60 s; expected from 10 s to 1 h',
  ],
  [
    'a service that asks',
    { selections: [web, service], edge: { $case: 'to', value: web } },
    'selections[1].kind: Service; expected a workload, pod or namespace, which can ask for something',
  ],
  [
    'traffic from an authority',
    { selections: [web], edge: { $case: 'from', value: authority } },
    'from.kind: Authority; expected a workload, pod or namespace, which can ask for something',
  ],
])('%s is refused, and the field is named', (_name, fields, problem) => {
  expect(read(fields)).toEqual({ ok: false, problem });
});

test.each<[string, Fields]>([
  ['selections[1].', { selections: [web, {}] }],
  ['to.', { selections: [web], edge: { $case: 'to', value: { kind: 99 as never } } }],
  ['from.', { selections: [web], edge: { $case: 'from', value: { ...web, labelSelector: '((' } } }],
])('a selection that can’t be is told by its place: %s', (place, fields) => {
  expect(read(fields)).toEqual({ ok: false, problem: expect.stringContaining(place) });
});

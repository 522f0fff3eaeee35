import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonNode } from '../../../src/kube/decode/json-node.js';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import type { Resource } from '../../../src/kube/resource.js';
import * as resources from '../../../src/kube/resources.js';
import {
  rawDeployment,
  rawEndpoint,
  rawEndpoints,
  rawExternalWorkload,
  rawJob,
  rawNamespace,
  rawNode,
  rawReplicaSet,
  rawServer,
  rawService,
  rawServiceProfile,
  rawSlice,
} from '../../kit/kube-objects.js';
import { realisticPodJson } from '../../kit/realistic-pod.js';

const labels = meshLabels('conduit.io');

const annotations = {
  'config.conduit.io/opaque-ports': '25,http',
  'mirror.conduit.io/remote-svc-fq-name': 'web.shop.svc.cluster.local',
  'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
};
const owners = [{ kind: 'Deployment', name: 'web' }];
const profile = {
  routes: [
    {
      name: 'r',
      condition: { all: [{ pathRegex: '/' }, { not: { method: 'GET' } }] },
      responseClasses: [{ condition: { any: [{ status: { min: 500, max: 599 } }] }, isFailure: true }],
      timeout: '1s',
    },
  ],
  retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 1, ttl: '10s' },
  dstOverrides: [{ authority: 'web.shop:80', weight: '500m' }],
};
const subsets = [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }];
const podSelector = {
  matchLabels: { a: 'b' },
  matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
};

const kinds: readonly (readonly [Resource<unknown>, object])[] = [
  [resources.services(labels), rawService('web', { annotations })],
  [
    resources.endpointSlices(labels),
    rawSlice('web-1', 'web', { annotations, endpoints: [rawEndpoint('10.0.0.1', 'web')] }),
  ],
  [resources.endpoints(labels), rawEndpoints('web', { annotations, subsets })],
  [resources.pods(labels), JSON.parse(realisticPodJson(0)) as object],
  [resources.nodes(), rawNode('node', { labels: { 'topology.kubernetes.io/zone': 'a' } })],
  [resources.namespaces(), rawNamespace('shop')],
  [resources.controllers('Deployment'), rawDeployment('web')],
  [resources.replicaSets(), rawReplicaSet('web-1', { owners })],
  [resources.jobs(), rawJob('job', { owners })],
  [resources.serviceProfiles(), rawServiceProfile('web.shop.svc.cluster.local', profile)],
  [resources.servers(), rawServer('db', { spec: { podSelector } })],
  [
    resources.externalWorkloads(labels),
    rawExternalWorkload('vm', { annotations, labels: { app: 'a' }, owners }),
  ],
].map(([resource, raw]) => [resource as Resource<unknown>, raw as object]);

const deep: unknown = JSON.parse(`${'{"a":['.repeat(50_000)}${']}'.repeat(50_000)}`);

/** The path of every value in a document. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, field]) => pathsOf(field, [...path, name]))];
}

/** A copy of the document with another value at one place. */
function replaced(document: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(document)) {
    return document.map((item, index) => (String(index) === step ? replaced(item, rest, value) : item));
  }
  const fields = document as Readonly<Record<string, unknown>>;
  return { ...fields, [step]: replaced(fields[step], rest, value) };
}

describe.each(kinds.map(([resource, raw]) => ({ kind: resource.kind, resource, raw })))('$kind', ({
  resource,
  raw,
}) => {
  const decode = (value: unknown) => resource.decode(JsonNode.root(value));

  test('the object that is varied here is beyond reproach', () => {
    expect(decode(raw)).toMatchObject({ kind: 'row', warnings: [] });
  });

  test('no JSON at all makes the decoder throw', () => {
    const any = fc.property(fc.jsonValue(), (value) => void decode(value));
    expect(() => fc.assert(any, { numRuns: 300 })).not.toThrow();
  });

  test('nor does any in any place of an object; a row has the object’s own key', () => {
    const before = decode(raw);
    const key = before.kind === 'row' ? resource.keyOf(before.row) : '';
    const paths = pathsOf(raw);
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>('', 0, -1, null, [], {}, '\0', 1e300, deep),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, value) => {
        const result = decode(replaced(raw, path, value));
        const isNamed = path.join('.') !== 'metadata.name' && path.join('.') !== 'metadata.namespace';
        if (result.kind === 'row' && isNamed && path[0] !== undefined && path.join('.') !== 'metadata') {
          expect(resource.keyOf(result.row)).toBe(key);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('nor does anything too deep for a stack', () => {
    expect(() => JSON.stringify(deep)).toThrow(RangeError);
    const documents = pathsOf(raw).map((path) => replaced(raw, path, deep));
    expect(documents.map((document) => typeof decode(document).kind)).toEqual(documents.map(() => 'string'));
  });
});

import { expect, test } from 'vitest';
import type { Endpoint } from '../../../src/sandbox/controllers/endpoint.js';
import { writeEndpoints } from '../../../src/sandbox/controllers/endpoints-object.js';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { podOf } from '../../../src/sandbox/controllers/pod.js';
import { recordsAt } from '../../../src/sandbox/store/field.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { pod, service } from './test-cluster.js';

function endpoint(number: number, ready: boolean): Endpoint {
  const base = pod(`pod-${number}`);
  return {
    pod: podOf({ ...base, metadata: { ...base.metadata, uid: `uid-${number}` } }),
    ip: `10.0.${Math.floor(number / 250)}.${number % 250}`,
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
    ready,
    serving: ready,
    terminating: false,
    hostname: undefined,
    zone: undefined,
  };
}

test('Endpoints hold a thousand addresses, the ready ones first, and say so where there are more', () => {
  const store = new Store();
  store.create(kinds.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const endpoints = Array.from({ length: 1_003 }, (_, number) => endpoint(number, number >= 5));
  const write = (some: readonly Endpoint[]) =>
    writeEndpoints(store, service('web'), { endpoints: some, triggeredAtMs: undefined });
  const read = () => store.get(kinds.endpoints, 'default', 'web')!;
  const annotation = 'endpoints.kubernetes.io/over-capacity';

  write(endpoints);
  expect(recordsAt(read(), 'subsets', 0, 'addresses')).toHaveLength(998);
  expect(recordsAt(read(), 'subsets', 0, 'notReadyAddresses')).toHaveLength(2);
  expect(read().metadata.annotations).toEqual({ [annotation]: 'truncated' });

  const version = store.resourceVersion;
  write(endpoints.toReversed().toReversed());
  expect(store.resourceVersion).toBe(version);

  write(endpoints.slice(0, 1_000));
  expect(recordsAt(read(), 'subsets', 0, 'addresses')).toHaveLength(995);
  expect(read().metadata.annotations).toBeUndefined();
});

import { afterEach, describe, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { podOf } from '../../../src/sandbox/controllers/pod.js';
import { at, recordsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import type { StoreEvent } from '../../../src/sandbox/store/store.js';
import { slicesOf, subsetsOf } from './announced.js';
import { type TestCluster, deployment, pod, service, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

const slices = (name: string): readonly KubeObject[] => slicesOf(cluster, name);
const subsets = (name: string): unknown => subsetsOf(cluster, name);

/** The endpoints of all slices of a Service, by pod. */
function endpoints(name: string): Record<string, unknown> {
  const all = slices(name).flatMap((slice) => recordsAt(slice, 'endpoints'));
  return Object.fromEntries(all.map((one) => [String(at(one, 'targetRef', 'name')), one['conditions']]));
}

/** What happens to slices and Endpoints from now on. */
function watch(): StoreEvent['type'][] {
  const events: StoreEvent['type'][] = [];
  for (const type of [kinds.endpointSlices, kinds.endpoints]) {
    let replaying = true;
    cluster.store.subscribe(type, (event) => {
      if (!replaying) events.push(event.type);
    });
    replaying = false;
  }
  return events;
}

const labels = { app: 'web' };
const up = { ready: true, serving: true, terminating: false };
const down = { ready: false, serving: false, terminating: false };
const leaving = { ready: false, serving: true, terminating: true };

describe('a Service that selects pods', () => {
  test('has them in a slice and in Endpoints', () => {
    cluster = testCluster();
    const web = service('web');
    cluster.apply({ ...web, metadata: { ...web.metadata, labels: { team: 'shop' } } });
    cluster.apply(
      pod('one', { labels }),
      pod('two', { labels, annotations: { 'sandbox.conduit.io/ready': 'false' } }),
    );
    cluster.apply(pod('other', { labels: { app: 'api' } }));
    cluster.clock.advance(1_000);

    const [slice, ...more] = slices('web');
    const [one, two] = ['one', 'two'].map((name) => podOf(cluster.get(kinds.pods, name)));
    expect(more).toEqual([]);
    expect(slice?.metadata).toMatchObject({
      name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
      generateName: 'web-',
      labels: {
        team: 'shop',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
    });
    expect(slice?.metadata.labels).not.toHaveProperty(['service.kubernetes.io/headless']);
    expect(slice?.['addressType']).toBe('IPv4');
    expect(slice?.['ports']).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
    expect(slice?.['endpoints']).toEqual([
      {
        addresses: [one?.ip],
        conditions: up,
        targetRef: { kind: 'Pod', namespace: 'default', name: 'one', uid: one?.uid },
        nodeName: 'node-1',
        zone: 'zone-a',
      },
      {
        addresses: [two?.ip],
        conditions: down,
        targetRef: { kind: 'Pod', namespace: 'default', name: 'two', uid: two?.uid },
        nodeName: 'node-2',
        zone: 'zone-b',
      },
    ]);

    const object = cluster.get(kinds.endpoints, 'web');
    expect(object.metadata.labels).toEqual({
      team: 'shop',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
    expect(object['subsets']).toEqual([
      {
        addresses: [
          {
            ip: one?.ip,
            nodeName: 'node-1',
            targetRef: { kind: 'Pod', namespace: 'default', name: 'one', uid: one?.uid },
          },
        ],
        notReadyAddresses: [
          {
            ip: two?.ip,
            nodeName: 'node-2',
            targetRef: { kind: 'Pod', namespace: 'default', name: 'two', uid: two?.uid },
          },
        ],
        ports: [{ port: 8080, protocol: 'TCP' }],
      },
    ]);
  });

  test('follows a pod from its start to its end', () => {
    cluster = testCluster();
    cluster.apply(service('web'));
    cluster.clock.settle();
    expect(slices('web')).toMatchObject([{ endpoints: [], ports: [] }]);
    expect(subsets('web')).toEqual([]);

    cluster.apply(pod('one', { labels }));
    cluster.clock.settle();
    expect(endpoints('web')).toEqual({ one: down });
    cluster.clock.advance(500);
    expect(endpoints('web')).toEqual({ one: up });
    cluster.delete(kinds.pods, 'one');
    cluster.clock.settle();
    expect(endpoints('web')).toEqual({ one: leaving });
    expect(subsets('web')).toEqual([]);
    cluster.clock.advance(1_000);
    expect(endpoints('web')).toEqual({});
    expect(slices('web')).toMatchObject([{ endpoints: [], ports: [] }]);
  });

  test('says when the change began that they follow from', () => {
    cluster = testCluster();
    const triggers = (): readonly unknown[] =>
      [...slices('web'), cluster.get(kinds.endpoints, 'web')].map(
        ({ metadata }) => metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'],
      );
    cluster.clock.advance(1_000);
    cluster.apply(service('web'));
    cluster.clock.settle();
    expect(triggers()).toEqual(['2030-01-01T12:00:01Z', '2030-01-01T12:00:01Z']);

    cluster.clock.advance(2_000);
    cluster.apply(pod('one', { labels, annotations: { 'sandbox.conduit.io/ready-delay': '4s' } }));
    cluster.clock.advance(1_000);
    expect(triggers()).toEqual(['2030-01-01T12:00:03Z', '2030-01-01T12:00:03Z']);
    cluster.clock.advance(9_000);
    expect(triggers()).toEqual(['2030-01-01T12:00:07Z', '2030-01-01T12:00:07Z']);

    const events = watch();
    cluster.patch(kinds.pods, 'one', { metadata: { labels: { ...labels, more: 'label' } } });
    cluster.clock.settle();
    expect(events).toEqual([]);
    // A change that has no time of its own.
    cluster.patch(kinds.services, 'web', { spec: { ports: [{ port: 80, targetPort: 9_090 }] } });
    cluster.clock.settle();
    expect(slices('web')).toMatchObject([{ ports: [{ port: 9_090 }] }]);
    expect(triggers()).toEqual([undefined, undefined]);
  });

  test('loses pods that have ended', () => {
    cluster = testCluster();
    cluster.apply(service('web'), pod('once', { labels, spec: { restartPolicy: 'Never' } }));
    cluster.clock.advance(1_000);
    expect(endpoints('web')).toEqual({ once: up });
    cluster.clock.advance(1_000);
    expect(endpoints('web')).toEqual({});
  });

  test('follows its own selector, and the labels of pods', () => {
    cluster = testCluster();
    cluster.apply(service('web'), pod('a', { labels }), pod('b', { labels: { app: 'api' } }));
    cluster.clock.advance(1_000);
    cluster.patch(kinds.services, 'web', { spec: { selector: { app: 'api' } } });
    cluster.clock.settle();
    expect(Object.keys(endpoints('web'))).toEqual(['b']);
    cluster.patch(kinds.pods, 'a', { metadata: { labels: { app: 'api' } } });
    cluster.patch(kinds.pods, 'b', { metadata: { labels } });
    cluster.clock.settle();
    expect(Object.keys(endpoints('web'))).toEqual(['a']);
  });

  test('announces pods that are not ready where it is told to', () => {
    cluster = testCluster();
    const annotations = { 'sandbox.conduit.io/ready': 'false' };
    cluster.apply(service('web', { publishNotReadyAddresses: true }), pod('one', { labels, annotations }));
    cluster.clock.advance(1_000);
    expect(endpoints('web')).toEqual({ one: { ready: true, serving: false, terminating: false } });
    expect(subsets('web')).toMatchObject([{ addresses: [{ targetRef: { name: 'one' } }] }]);
    cluster.delete(kinds.pods, 'one');
    cluster.clock.settle();
    expect(endpoints('web')).toEqual({ one: { ready: true, serving: false, terminating: true } });
    expect(subsets('web')).toMatchObject([{ addresses: [{ targetRef: { name: 'one' } }] }]);
  });

  test('points clients to their own zone where it is told to', () => {
    cluster = testCluster();
    cluster.apply(service('web', { trafficDistribution: 'PreferClose' }), deployment('web', { replicas: 2 }));
    cluster.clock.advance(1_000);
    const hints = slices('web').flatMap((slice) => recordsAt(slice, 'endpoints').map((one) => one['hints']));
    expect(hints).toEqual([{ forZones: [{ name: 'zone-a' }] }, { forZones: [{ name: 'zone-b' }] }]);
  });

  test('follows nodes to other zones', () => {
    cluster = testCluster({ nodes: 1 });
    cluster.apply(service('web'), pod('one', { labels }));
    cluster.clock.advance(1_000);
    const moved = {
      ...cluster.get(kinds.nodes, 'node-1').metadata.labels,
      'topology.kubernetes.io/zone': 'zone-z',
    };
    cluster.patch(kinds.nodes, 'node-1', { metadata: { labels: moved } });
    cluster.clock.settle();
    expect(recordsAt(slices('web')[0], 'endpoints')).toMatchObject([{ zone: 'zone-z' }]);
  });
});

describe('what is not its business', () => {
  const manual = (name: string): readonly KubeObject[] => [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-manual`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.1.1'] }],
      ports: [{ port: 80 }],
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace: 'default' },
      subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }],
    },
  ];

  test('are Services without a selector, and aliases', () => {
    cluster = testCluster();
    cluster.apply(service('db', { selector: undefined }), ...manual('db'));
    cluster.apply(service('alias', { type: 'ExternalName', externalName: 'example.com', selector: labels }));
    const events = watch();
    cluster.apply(pod('one', { labels }));
    cluster.clock.advance(2_000);
    expect(events).toEqual([]);
    expect(slices('db')).toHaveLength(1);
    expect(slices('alias')).toEqual([]);
  });

  test('are Endpoints whose Service has yet to come', () => {
    cluster = testCluster();
    cluster.apply(...manual('db'));
    cluster.clock.advance(1_000);
    expect(subsets('db')).toMatchObject([{ addresses: [{ ip: '10.1.1.1' }] }]);
  });

  test("are other people's slices of a Service of its own", () => {
    cluster = testCluster();
    cluster.apply(service('web'), manual('web')[0]!, pod('one', { labels }));
    cluster.clock.advance(1_000);
    expect(slices('web')).toHaveLength(2);
    expect(cluster.get(kinds.endpointSlices, 'web-manual')).toMatchObject({
      endpoints: [{ addresses: ['10.1.1.1'] }],
    });
  });
});

test('slices and Endpoints go with their Service', () => {
  cluster = testCluster();
  cluster.apply(service('web'), pod('one', { labels }));
  cluster.clock.advance(1_000);
  cluster.delete(kinds.services, 'web');
  cluster.clock.settle();
  expect(cluster.store.list(kinds.endpointSlices)).toEqual([]);
  expect(cluster.store.list(kinds.endpoints)).toEqual([]);
});

test('what others change or delete is put right', () => {
  cluster = testCluster();
  cluster.apply(service('web'), pod('one', { labels }));
  cluster.clock.advance(1_000);
  const [before] = slices('web');
  const wanted = endpoints('web');
  cluster.store.update(kinds.endpointSlices, { ...before!, endpoints: [] });
  cluster.store.update(kinds.endpoints, { ...cluster.get(kinds.endpoints, 'web'), subsets: [] });
  cluster.clock.settle();
  expect(endpoints('web')).toEqual(wanted);
  expect(subsets('web')).toMatchObject([{ addresses: [{}] }]);
  cluster.delete(kinds.endpointSlices, before!.metadata.name);
  cluster.delete(kinds.endpoints, 'web');
  cluster.clock.settle();
  expect(endpoints('web')).toEqual(wanted);
  expect(subsets('web')).toMatchObject([{ addresses: [{}] }]);
});

test('one pod of many that changes writes one slice', () => {
  cluster = testCluster({ maxEvents: 0 });
  cluster.apply(service('web'), deployment('web', { replicas: 120 }));
  for (let other = 0; other < 50; other += 1) cluster.apply(service(`idle-${other}`));
  cluster.clock.advance(2_000);
  expect(
    slices('web')
      .map((slice) => String(recordsAt(slice, 'endpoints').length))
      .toSorted(),
  ).toEqual(['100', '20']);
  const events = watch();
  cluster.patch(kinds.pods, cluster.pods()[7]!.name, {
    metadata: { annotations: { 'sandbox.conduit.io/ready': 'false' } },
  });
  cluster.clock.settle();
  expect(events).toEqual(['MODIFIED', 'MODIFIED']);
  events.length = 0;
  cluster.patch(kinds.pods, cluster.pods()[8]!.name, {
    metadata: { annotations: { note: 'nothing to do with it' } },
  });
  cluster.clock.settle();
  expect(events).toEqual([]);
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { PodSelection, ResourceKind } from '../../src/core/resource.js';
import { testMesh } from '../kit/mesh.js';
import {
  bareBackend,
  controllerRow,
  namespaceRow,
  podBackend,
  podRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';
import { plainNames } from './plain-selection.js';

type TestMesh = ReturnType<typeof testMesh>;

function selection(kind: ResourceKind, name?: string, fields: Partial<PodSelection> = {}): PodSelection {
  return { kind, namespace: kind === 'Namespace' ? undefined : 'shop', name, labels: [], ...fields };
}

let mesh: TestMesh;

beforeEach(() => {
  mesh = testMesh();
});

const ofWeb = { owner: { kind: 'ReplicaSet', name: 'web-1' }, labels: { app: 'web' } };
const deployment = { kind: 'Deployment', name: 'web' };

test('a pod is told with all that others have to know of it', () => {
  mesh.apply(
    { replicaSet: 'web-1', owner: deployment },
    { pod: podRow('web-1-a', { ...ofWeb, ips: ['10.0.0.1'], controlPlaneNamespace: 'conduit' }) },
    { pod: podRow('web-1-b', { ...ofWeb, phase: 'pending', controlPlaneNamespace: 'other' }) },
    { pod: podRow('bare', { phase: 'ended', isTerminating: true }) },
  );
  const workload = {
    kind: 'Pod',
    namespace: 'shop',
    name: 'web-1-a',
    owner: deployment,
    serviceAccount: 'default',
    podTemplateHash: undefined,
    controlPlaneNamespace: 'conduit',
    identity: 'default.shop.serviceaccount.identity.conduit.cluster.local',
  };
  expect(mesh.selectedPods.read(selection('Deployment', 'web'))).toEqual({
    exists: true,
    pods: [
      {
        id: 'shop/web-1-a',
        uid: 'uid-web-1-a',
        phase: 'running',
        isTerminating: false,
        isMeshed: true,
        ips: ['10.0.0.1'],
        directOwner: { kind: 'ReplicaSet', name: 'web-1' },
        workload,
      },
      {
        id: 'shop/web-1-b',
        uid: 'uid-web-1-b',
        phase: 'pending',
        isTerminating: false,
        isMeshed: false,
        ips: [],
        directOwner: { kind: 'ReplicaSet', name: 'web-1' },
        workload: {
          ...workload,
          name: 'web-1-b',
          controlPlaneNamespace: 'other',
          identity: undefined,
        },
      },
    ],
  });
  expect(mesh.selectedPods.read(selection('Pod', 'bare')).pods).toMatchObject([
    { phase: 'ended', isTerminating: true, isMeshed: false, directOwner: undefined },
  ]);
});

describe('there is', () => {
  test.each([
    ['Deployment', { kind: 'Deployment', controller: controllerRow('web') }],
    ['StatefulSet', { kind: 'StatefulSet', controller: controllerRow('web') }],
    ['DaemonSet', { kind: 'DaemonSet', controller: controllerRow('web') }],
    ['ReplicationController', { kind: 'ReplicationController', controller: controllerRow('web') }],
    ['CronJob', { kind: 'CronJob', controller: controllerRow('web') }],
    ['ReplicaSet', { replicaSet: 'web', owner: undefined }],
    ['Job', { job: 'web', owner: undefined }],
    ['Service', { service: serviceRow('web') }],
    ['Namespace', { namespace: namespaceRow('web') }],
  ] as const)('a %s without pods', (kind, row) => {
    const asked = selection(kind, 'web');
    expect(mesh.selectedResources.read(asked)).toEqual({ exists: false, resources: [] });
    mesh.apply(row);
    expect(mesh.selectedResources.read(asked)).toEqual({
      exists: true,
      resources: [{ id: { kind, namespace: kind === 'Namespace' ? '' : 'shop', name: 'web' }, pods: [] }],
    });
  });

  test.each([
    ['Deployment', 'web'],
    ['ReplicaSet', 'web-1'],
    ['Namespace', 'shop'],
  ] as const)('a %s that only pods tell of', (kind, name) => {
    mesh.apply({ replicaSet: 'web-1', owner: deployment }, { pod: podRow('web-1-a', ofWeb) });
    expect(mesh.selectedPods.read(selection(kind, name))).toMatchObject({
      exists: true,
      pods: [{ id: 'shop/web-1-a' }],
    });
  });

  test('one whose pods have other labels', () => {
    mesh.apply({ replicaSet: 'web-1', owner: deployment }, { pod: podRow('web-1-a', ofWeb) });
    const labels = [{ kind: 'exists', label: 'canary' }] as const;
    expect(mesh.selectedPods.read(selection('Deployment', 'web', { labels }))).toEqual({
      exists: true,
      pods: [],
    });
  });

  test('a namespace, where no resource is named', () => {
    expect(mesh.selectedPods.read(selection('Deployment')).exists).toBe(false);
    mesh.apply({ namespace: namespaceRow('shop') });
    expect(mesh.selectedPods.read(selection('Deployment'))).toEqual({ exists: true, pods: [] });
    expect(mesh.selectedPods.read(selection('Deployment', undefined, { namespace: undefined })).exists).toBe(
      true,
    );
  });
});

test('a pod of several services is one pod', () => {
  const backend = podBackend('10.0.0.1', 'web-1-a', { ready: false });
  mesh.apply(
    { pod: podRow('web-1-a', ofWeb) },
    { service: serviceRow('a') },
    { service: serviceRow('b') },
    { service: serviceRow('c') },
    { slice: sliceRow('a', '1', [backend]) },
    { slice: sliceRow('b', '1', [backend, bareBackend('10.0.0.2')]) },
    { slice: sliceRow('b', '2', [podBackend('fd00::1', 'web-1-a')]) },
  );
  expect(plainNames(mesh.selectedResources.read(selection('Service')))).toEqual([
    'Service shop/a: shop/web-1-a',
    'Service shop/b: shop/web-1-a',
    'Service shop/c: ',
  ]);
  expect(mesh.selectedPods.read(selection('Service')).pods).toHaveLength(1);
});

test('of a namespace, those alone are told anew that have changed', () => {
  mesh.apply({ pod: podRow('a') }, { pod: podRow('b') });
  let told = 0;
  const subscription = mesh.selectedPods.subscribe(selection('Namespace', 'shop'), () => told++);
  const before = subscription.latest.value.pods;
  mesh.apply({ pod: podRow('b', { ips: ['10.0.0.1'] }) });
  const after = subscription.latest.value.pods;
  expect([told, after[0] === before[0], after[1]?.ips]).toEqual([1, true, ['10.0.0.1']]);
  // Neither concerns whoever wants to know which pods there are.
  mesh.apply({ pod: podRow('b', { ips: ['10.0.0.1'], labels: { app: 'b' }, createdAtS: 7 }) });
  expect(told).toBe(1);
});

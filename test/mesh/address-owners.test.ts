import { beforeEach, expect, test } from 'vitest';
import { nodeName } from '../../src/core/ids.js';
import { ownsAddress } from '../../src/mesh/address-owners.js';
import { testMesh } from '../kit/mesh.js';
import { nodeRow, podRow } from '../kit/rows.js';

const web = podRow('web-1-a', {
  ips: ['10.0.0.1', 'fd00::1'],
  owner: { kind: 'ReplicaSet', name: 'web-1' },
  serviceAccount: 'web',
});

let mesh: ReturnType<typeof testMesh>;

beforeEach(() => {
  mesh = testMesh();
});

/** The name of whoever has the address, as somebody who follows it is told. */
function follow(ip: string) {
  let told = 0;
  const subscription = mesh.addressOwners.subscribe(ip, () => told++);
  return {
    get owner() {
      const { value } = subscription.latest;
      return value.kind === 'pod' ? value.workload.name : value.kind === 'node' ? value.name : undefined;
    },
    get told() {
      return told;
    },
  };
}

test('a pod has its own addresses, with all that it belongs to', () => {
  mesh.apply({ replicaSet: 'web-1', owner: { kind: 'Deployment', name: 'web' } }, { pod: web });
  const owner = {
    kind: 'pod',
    id: 'shop/web-1-a',
    uid: 'uid-web-1-a',
    directOwner: { kind: 'ReplicaSet', name: 'web-1' },
    workload: {
      kind: 'Pod',
      namespace: 'shop',
      name: 'web-1-a',
      owner: { kind: 'Deployment', name: 'web' },
      serviceAccount: 'web',
      podTemplateHash: undefined,
      controlPlaneNamespace: undefined,
      identity: undefined,
    },
  };
  expect(mesh.addressOwners.read('10.0.0.1')).toEqual(owner);
  expect(mesh.addressOwners.read('fd00::1')).toEqual(owner);
});

test('a node has its own, and those of the pods on its network', () => {
  mesh.apply(
    { node: nodeRow('n1', undefined, ['192.0.2.1']) },
    { pod: podRow('agent', { isOnHostNetwork: true, hostIps: ['192.0.2.1'] }) },
  );
  expect(mesh.addressOwners.read('192.0.2.1')).toEqual({ kind: 'node', name: nodeName('n1') });
  expect(mesh.addressOwners.read('192.0.2.2')).toEqual({ kind: 'unknown' });
});

test('an address passes from one pod to the next as its traffic does', () => {
  const address = follow('10.0.0.1');
  expect(address.owner).toBeUndefined();
  mesh.apply({ pod: { ...web, phase: 'pending' } });
  expect(address.owner).toBeUndefined();
  mesh.apply({ pod: web });
  expect(address.owner).toBe('web-1-a');
  mesh.apply({ pod: { ...web, isTerminating: true } });
  mesh.apply({ pod: podRow('next', { ips: ['10.0.0.1'] }) });
  expect(address.owner).toBe('next');
  mesh.tables.pods.delete(web.id);
  mesh.engine.flush();
  expect(address.owner).toBe('next');
  mesh.apply({ pod: podRow('next', { ips: ['10.0.0.1'], phase: 'ended' }) });
  expect(address.owner).toBeUndefined();
  expect(address.told).toBe(3);
});

test('a pod that replaces another of the same name is another owner', () => {
  const address = follow('10.0.0.1');
  mesh.apply({ pod: web });
  mesh.apply({ pod: { ...web, uid: 'second' } });
  expect(address.told).toBe(2);
  expect(mesh.addressOwners.read('10.0.0.1')).toMatchObject({ uid: 'second' });
});

test('connections come from a pod’s own addresses, or from its node’s where it has none', () => {
  const onNode = podRow('agent', { isOnHostNetwork: true, hostIps: ['192.0.2.1'] });
  const withPort = podRow('gate', { ips: ['10.0.0.2'], hostIps: ['192.0.2.1'], hostPorts: [80] });
  expect(
    [web, onNode, withPort].map((pod) =>
      ['10.0.0.1', '10.0.0.2', '192.0.2.1'].map((ip) => ownsAddress(pod, ip)),
    ),
  ).toEqual([
    [true, false, false],
    [false, false, true],
    [false, true, false],
  ]);
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/core/endpoint.js';
import type { Profile } from '../../src/core/profile.js';
import type { PodRow } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, externalWorkloadRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';

let mesh: ReturnType<typeof testMesh>;

beforeEach(() => {
  mesh = testMesh();
});

/** The name of the workload that an address is told to belong to. */
function occupant(profile: { readonly value: Profile }): string | undefined {
  const { value } = profile;
  return value.kind === 'endpoint' ? value.endpoint.workload?.name : value.kind;
}

function endpointOf(profile: { readonly value: Profile }): Endpoint | undefined {
  return profile.value.kind === 'endpoint' ? profile.value.endpoint : undefined;
}

function remove(pod: ReturnType<typeof podRow>): void {
  mesh.tables.pods.delete(pod.id);
  mesh.engine.flush();
}

const meshed = {
  controlPlaneNamespace: 'conduit',
  serviceAccount: 'web',
  proxy: { inbound: 4143, own: [4191], skipped: [{ from: 9000, to: 9000 }] },
};
const pod = podRow('web-1', { ...meshed, ips: ['10.0.0.1', 'fd00::1'] });

describe('an address of a pod', () => {
  test('is told with all that is known of the pod, and no zone', () => {
    mesh.apply({ pod });
    expect(mesh.profile('10.0.0.1:8080').value).toEqual({
      kind: 'endpoint',
      isOpaque: false,
      endpoint: {
        ip: '10.0.0.1',
        port: 8080,
        weight: 10_000,
        zone: undefined,
        workload: {
          kind: 'Pod',
          namespace: 'shop',
          name: 'web-1',
          owner: { kind: 'Pod', name: 'web-1' },
          serviceAccount: 'web',
          podTemplateHash: undefined,
          controlPlaneNamespace: 'conduit',
          identity: 'web.shop.serviceaccount.identity.conduit.cluster.local',
        },
        hint: { protocol: 'h2', transportPort: undefined },
        gateway: undefined,
      },
    });
  });

  test('may be of either family, and on any port, declared or not', () => {
    mesh.apply({ pod });
    const asked = ['10.0.0.1', '10.0.0.1:1', '[fd00::1]:65535', '[::ffff:10.0.0.1]:80'];
    expect(asked.map((each) => occupant(mesh.profile(each)))).toEqual(asked.map(() => 'web-1'));
  });

  test('is told by the port that was asked for: opaque, the sidecar’s own, or passing by it', () => {
    mesh.apply({ pod });
    const on = (port: number) => {
      const { value } = mesh.profile(`10.0.0.1:${port}`);
      return value.kind === 'endpoint' && [value.isOpaque, value.endpoint.hint];
    };
    expect(on(3306)).toEqual([true, { protocol: 'opaque', transportPort: 4143 }]);
    expect(on(9000)).toEqual([false, undefined]);
    mesh.apply({ pod: { ...pod, opaquePorts: [{ from: 4191, to: 9000 }] } });
    expect(on(3306)).toEqual([false, { protocol: 'h2', transportPort: undefined }]);
    expect(on(4191)).toEqual([true, { protocol: 'opaque', transportPort: undefined }]);
    expect(on(9000)).toEqual([true, undefined]);
  });

  test('is nobody’s before the pod runs and after it has ended', () => {
    const profile = mesh.profile('10.0.0.1:80');
    const bare = { ip: '10.0.0.1', port: 80, weight: 10_000, zone: undefined, workload: undefined };
    const nobody = { kind: 'endpoint', isOpaque: false, endpoint: { ...bare, hint: undefined } };
    expect(profile.value).toEqual(nobody);
    mesh.apply({ pod: { ...pod, phase: 'ended' } });
    expect([profile.value, profile.publications]).toEqual([nobody, 0]);
    mesh.apply({ pod });
    expect(occupant(profile)).toBe('web-1');
    mesh.apply({ pod: { ...pod, phase: 'ended' } });
    expect(profile.value).toEqual(nobody);
    remove(pod);
    expect(profile.publications).toBe(2);
  });

  test('follows what the pod says of itself while it runs, and nothing else', () => {
    mesh.apply({ pod });
    const profile = mesh.profile('10.0.0.1:80');
    mesh.apply({ pod: { ...pod, labels: { a: 'b' } } }, { pod: { ...pod, isTerminating: true } });
    expect(profile.publications).toBe(0);
    mesh.apply({ pod: { ...pod, opaquePorts: [{ from: 80, to: 80 }] } });
    expect(profile.value).toMatchObject({ isOpaque: true, endpoint: { hint: { protocol: 'opaque' } } });
    mesh.apply({ pod: { ...pod, podTemplateHash: 'h2' } });
    expect(profile.value).toMatchObject({ endpoint: { workload: { podTemplateHash: 'h2' } } });
    mesh.apply({ pod: { ...pod, controlPlaneNamespace: undefined } });
    expect(endpointOf(profile)).toMatchObject({ hint: undefined, workload: { identity: undefined } });
  });
});

describe('of several pods with an address', () => {
  test('one that isn’t being deleted goes before one that is, whichever is younger', () => {
    const leaving = podRow('old', { ips: ['10.0.0.1'], isTerminating: true, createdAtS: 9 });
    const coming = podRow('new', { ips: ['10.0.0.1'], createdAtS: 5 });
    mesh.apply({ pod: leaving });
    const profile = mesh.profile('10.0.0.1:80');
    expect(occupant(profile)).toBe('old');
    mesh.apply({ pod: coming });
    expect(occupant(profile)).toBe('new');
    remove(leaving);
    expect([occupant(profile), profile.publications]).toEqual(['new', 1]);
  });

  test('the younger goes before the elder, in whatever order they come', () => {
    const elder = podRow('b', { ips: ['10.0.0.1'], createdAtS: 1 });
    const younger = podRow('a', { ips: ['10.0.0.1'], createdAtS: 2 });
    for (const order of [
      [elder, younger],
      [younger, elder],
    ]) {
      mesh = testMesh();
      const profile = mesh.profile('10.0.0.1:80');
      for (const each of order) mesh.apply({ pod: each });
      expect(occupant(profile)).toBe('a');
      remove(younger);
      expect(occupant(profile)).toBe('b');
    }
  });

  test('one that has ended does not count', () => {
    mesh.apply(
      { pod: podRow('done', { ips: ['10.0.0.1'], phase: 'ended', createdAtS: 9 }) },
      { pod: podRow('running', { ips: ['10.0.0.1'], createdAtS: 1, isTerminating: true }) },
    );
    expect(occupant(mesh.profile('10.0.0.1:80'))).toBe('running');
  });

  test('a pod of the same name but another address takes the new one and leaves the old', () => {
    mesh.apply({ pod });
    const [was, is] = [mesh.profile('10.0.0.1:80'), mesh.profile('10.0.0.2:80')];
    mesh.apply({ pod: { ...pod, uid: 'another', ips: ['10.0.0.2'] } });
    expect([occupant(was), occupant(is)]).toEqual([undefined, 'web-1']);
  });
});

describe('a port of a node', () => {
  const onHost = podRow('gate', {
    ...meshed,
    ips: ['10.0.0.5'],
    hostIps: ['192.0.2.1', '2001:db8::1'],
    hostPorts: [8080],
    phase: 'running',
  });

  test('leads to the pod that has it, and is told as it was asked for', () => {
    mesh.apply({ pod: onHost });
    expect(endpointOf(mesh.profile('192.0.2.1:8080'))).toMatchObject({
      ip: '192.0.2.1',
      port: 8080,
      workload: { name: 'gate' },
      hint: { protocol: 'h2' },
    });
    expect(occupant(mesh.profile('[2001:db8::1]:8080'))).toBe('gate');
    expect(occupant(mesh.profile('192.0.2.1:8081'))).toBeUndefined();
  });

  test('is nobody’s before the pod runs, after it has ended, and when it gives up the port', () => {
    const profile = mesh.profile('192.0.2.1:8080');
    const states: readonly Partial<PodRow>[] = [
      { phase: 'pending' },
      {},
      { hostPorts: [9090] },
      {},
      { phase: 'ended' },
    ];
    const occupants = states.map((state) => {
      mesh.apply({ pod: { ...onHost, ...state } });
      return occupant(profile);
    });
    expect(occupants).toEqual([undefined, 'gate', undefined, 'gate', undefined]);
  });

  test('passes from one pod to the next', () => {
    mesh.apply({ pod: onHost });
    const profile = mesh.profile('192.0.2.1:8080');
    mesh.apply({ pod: { ...onHost, isTerminating: true } });
    const next = podRow('next', { ...onHost, id: podRow('next').id, name: 'next', uid: 'n', createdAtS: 1 });
    mesh.apply({ pod: next });
    expect(occupant(profile)).toBe('next');
    remove(onHost);
    expect([occupant(profile), profile.publications]).toEqual(['next', 1]);
  });

  test('is not the younger pod’s that doesn’t run', () => {
    const ended = { id: podRow('ended').id, name: 'ended', uid: 'e', createdAtS: 9, phase: 'ended' as const };
    mesh.apply({ pod: onHost }, { pod: podRow('ended', { ...onHost, ...ended }) });
    expect(occupant(mesh.profile('192.0.2.1:8080'))).toBe('gate');
  });

  test('is not looked for where a pod has the address itself', () => {
    const owner = podRow('owner', { ips: ['192.0.2.1'] });
    mesh.apply({ pod: onHost }, { pod: owner });
    const profile = mesh.profile('192.0.2.1:8080');
    expect(occupant(profile)).toBe('owner');
    remove(owner);
    expect(occupant(profile)).toBe('gate');
  });

  test('says nothing of the node’s other ports: pods on its network have no address of their own', () => {
    mesh.apply({ pod: podRow('agent', { ips: [], hostIps: ['192.0.2.1'], hostPorts: [4000] }) });
    expect(occupant(mesh.profile('192.0.2.1:4000'))).toBe('agent');
    expect(occupant(mesh.profile('192.0.2.1:22'))).toBeUndefined();
  });
});

describe('an address of nobody', () => {
  test('is told as it is, opaque by the mesh’s list alone', () => {
    const bare = { ip: 'fd00::9', weight: 10_000, zone: undefined, workload: undefined, hint: undefined };
    expect(mesh.profile('[fd00:0::9]:3306').value).toEqual({
      kind: 'endpoint',
      isOpaque: true,
      endpoint: { ...bare, port: 3306, gateway: undefined },
    });
    expect(mesh.profile('[fd00::9]').value).toMatchObject({ isOpaque: false, endpoint: { port: 80 } });
  });

  test('is somebody’s as soon as there is one, be it a pod, an external workload or a service', () => {
    const profile = mesh.profile('10.0.0.1:80');
    const external = externalWorkloadRow('vm', {
      ips: ['10.0.0.1'],
      ports: [{ name: '', port: 80, hostPort: undefined }],
    });
    mesh.apply({ external });
    expect(occupant(profile)).toBe('vm');
    mesh.apply({ pod });
    expect(occupant(profile)).toBe('web-1');
    mesh.apply({ service: serviceRow('web', { clusterIps: ['10.0.0.1'] }) });
    expect(profile.value).toMatchObject({ kind: 'service', name: 'web' });
    expect(profile.publications).toBe(3);
  });
});

describe('an instance', () => {
  const db = serviceRow('db');
  const name = 'db-0.db.shop.svc.cluster.local:5432';
  const instance = podRow('db-0', { ...meshed, ips: ['10.0.0.1'] });
  const slice = (fields: Parameters<typeof podBackend>[2] = {}) =>
    sliceRow('db', 'a', [
      podBackend('10.0.0.9', 'db-9', { hostname: 'db-9' }),
      bareBackend('10.0.0.8'),
      podBackend('10.0.0.1', 'db-0', { hostname: 'db-0', ...fields }),
    ]);

  test('is the pod behind the name, on the port that was asked for', () => {
    mesh.apply({ service: db }, { pod: instance }, { slice: slice() });
    expect(endpointOf(mesh.profile(name))).toMatchObject({
      ip: '10.0.0.1',
      port: 5432,
      workload: { kind: 'Pod', name: 'db-0' },
    });
  });

  test('is there before it is ready', () => {
    mesh.apply({ service: db }, { pod: instance }, { slice: slice({ ready: false }) });
    const profile = mesh.profile(name);
    expect(occupant(profile)).toBe('db-0');
    mesh.apply({ slice: slice() });
    expect(profile.publications).toBe(0);
  });

  test('with two addresses is at the one that is ready', () => {
    const v6 = podBackend('fd00::1', 'db-0', { hostname: 'db-0' });
    mesh.apply(
      { service: db },
      { pod: instance },
      { slice: slice({ ready: false }) },
      { slice: sliceRow('db', 'b', [v6]) },
    );
    const profile = mesh.profile(name);
    expect(endpointOf(profile)?.ip).toBe('fd00::1');
    mesh.apply({ slice: slice() });
    expect(endpointOf(profile)?.ip).toBe('10.0.0.1');
  });

  test('follows the name to another address and another pod', () => {
    mesh.apply({ service: db }, { pod: instance }, { slice: slice() });
    const profile = mesh.profile(name);
    const later = podBackend('10.0.0.2', 'db-0', {
      hostname: 'db-0',
      target: { kind: 'Pod', id: instance.id, uid: 'later' },
    });
    mesh.apply({ slice: sliceRow('db', 'a', [later]) });
    expect(endpointOf(profile)).toMatchObject({ ip: '10.0.0.2', workload: undefined });
    mesh.apply({ pod: { ...instance, uid: 'later', ips: ['10.0.0.2'] } });
    expect(endpointOf(profile)).toMatchObject({ ip: '10.0.0.2', workload: { name: 'db-0' } });
  });

  test('whose pod doesn’t run, or isn’t known, is an address', () => {
    mesh.apply({ service: db }, { slice: slice() });
    const profile = mesh.profile(name);
    const bare = { ip: '10.0.0.1', port: 5432, workload: undefined, hint: undefined };
    expect(endpointOf(profile)).toMatchObject(bare);
    mesh.apply({ pod: { ...instance, phase: 'ended' } });
    expect(profile.publications).toBe(0);
    mesh.apply({ pod: instance });
    expect(occupant(profile)).toBe('db-0');
    remove(instance);
    expect(endpointOf(profile)).toMatchObject(bare);
  });

  test('may be a bare address, or something that nothing can be said of', () => {
    mesh.apply(
      { service: db },
      {
        slice: sliceRow('db', 'a', [
          bareBackend('10.0.0.1', { hostname: 'db-0' }),
          bareBackend('10.0.0.2', { hostname: 'db-1', target: { kind: 'Other', targetKind: 'Machine' } }),
        ]),
      },
    );
    // Whoever else has the address, the service means no pod.
    mesh.apply({ pod: instance });
    expect(endpointOf(mesh.profile(name))).toMatchObject({ ip: '10.0.0.1', workload: undefined });
    expect(endpointOf(mesh.profile('db-1.db.shop.svc.cluster.local'))).toMatchObject({ ip: '10.0.0.2' });
  });

  test('is nothing without a backend of the name, nor without the service', () => {
    mesh.apply({ service: db }, { pod: instance });
    const profile = mesh.profile(name);
    expect(profile.value).toEqual({ kind: 'none' });
    mesh.apply({ slice: slice() });
    expect(occupant(profile)).toBe('db-0');
    mesh.tables.services.delete(db.id);
    mesh.engine.flush();
    expect(profile.value).toEqual({ kind: 'none' });
    mesh.apply({ service: db });
    expect(occupant(profile)).toBe('db-0');
    mesh.apply({ service: { ...db, type: 'ExternalName' } });
    expect(profile.value).toEqual({ kind: 'none' });
  });
});

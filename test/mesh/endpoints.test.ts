import { describe, expect, test } from 'vitest';
import { endpointsOf } from '../../src/core/endpoint-set.js';
import { jobId, nodeName, podId, replicaSetId } from '../../src/core/ids.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, nodeRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';

const web = { service: serviceRow('web') };

describe('a destination', () => {
  test('is the ready endpoints of all its slices, with what is known of each pod', () => {
    const mesh = testMesh();
    mesh.apply(
      web,
      {
        pod: podRow('web-1', {
          controlPlaneNamespace: 'conduit',
          serviceAccount: 'web',
          podTemplateHash: 'h1',
        }),
      },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
      { slice: sliceRow('web', 'b', [bareBackend('10.0.0.2'), bareBackend('10.0.0.3', { ready: false })]) },
    );
    expect([...endpointsOf(mesh.client('web').set)]).toEqual([
      [
        '10.0.0.1:8080',
        {
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
            podTemplateHash: 'h1',
            controlPlaneNamespace: 'conduit',
            identity: 'web.shop.serviceaccount.identity.conduit.cluster.local',
          },
          hint: { protocol: 'h2' },
        },
      ],
      [
        '10.0.0.2:8080',
        { ip: '10.0.0.2', port: 8080, weight: 10_000, zone: undefined, workload: undefined, hint: undefined },
      ],
    ]);
  });

  test('does not exist without its service, and has endpoints as soon as it does', () => {
    const mesh = testMesh();
    mesh.apply({ slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')]) });
    const client = mesh.client('web');
    expect([client.set.exists, client.addresses]).toEqual([false, []]);
    mesh.apply(web);
    expect([client.set.exists, client.addresses]).toEqual([true, ['10.0.0.1:8080']]);
    mesh.tables.services.delete(web.service.id);
    mesh.engine.flush();
    expect([client.set.exists, client.addresses]).toEqual([false, []]);
  });

  test('keeps an address that one slice drops and another still has', () => {
    const mesh = testMesh();
    const both = { slice: sliceRow('web', 'b', [bareBackend('10.0.0.1')]) };
    mesh.apply(
      web,
      { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1'), bareBackend('10.0.0.2')]) },
      both,
    );
    const client = mesh.client('web');
    mesh.apply({ slice: sliceRow('web', 'a', [bareBackend('10.0.0.2')]) });
    expect(client.addresses).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
    mesh.tables.backends.delete(both.slice.id);
    mesh.engine.flush();
    expect(client.addresses).toEqual(['10.0.0.2:8080']);
  });

  test('of an instance is that instance alone', () => {
    const mesh = testMesh();
    mesh.apply(web, {
      slice: sliceRow('web', 'a', [
        bareBackend('10.0.0.1', { hostname: 'web-0' }),
        bareBackend('10.0.0.2', { hostname: 'web-1' }),
        bareBackend('10.0.0.3'),
      ]),
    });
    expect(mesh.client('web', { hostname: 'web-1' }).addresses).toEqual(['10.0.0.2:8080']);
    expect(mesh.client('web', { hostname: 'web-2' }).set.exists).toBe(true);
  });
});

describe('pods', () => {
  test('join their slice in either order of arrival', () => {
    const mesh = testMesh();
    mesh.apply(web, { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) });
    const client = mesh.client('web');
    expect(client.addresses).toEqual([]);
    mesh.apply({ pod: podRow('web-1') });
    expect(client.addresses).toEqual(['10.0.0.1:8080']);
  });

  test('leave with their object, whatever the slice still says', () => {
    const mesh = testMesh();
    mesh.apply(
      web,
      { pod: podRow('web-1') },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const client = mesh.client('web');
    mesh.tables.pods.delete(podId('shop', 'web-1'));
    mesh.engine.flush();
    expect(client.addresses).toEqual([]);
  });

  test('are not mistaken for a later pod of the same name', () => {
    const mesh = testMesh();
    mesh.apply(web, { pod: podRow('db-0', { uid: 'second' }) });
    mesh.apply({ slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'db-0')]) });
    const client = mesh.client('web');
    expect(client.addresses).toEqual([]);
    const target = { kind: 'Pod', id: podId('shop', 'db-0'), uid: 'second' } as const;
    mesh.apply({ slice: sliceRow('web', 'a', [podBackend('10.0.0.9', 'db-0', { target })]) });
    expect(client.addresses).toEqual(['10.0.0.9:8080']);
  });

  test('that change in nothing a client is told publish nothing', () => {
    const mesh = testMesh();
    mesh.apply(
      web,
      { pod: podRow('web-1') },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const client = mesh.client('web');
    mesh.apply({ pod: podRow('web-1', { nodeName: nodeName('elsewhere') }) });
    expect(client.publications).toBe(0);
    mesh.apply({ pod: podRow('web-1', { serviceAccount: 'other' }) });
    expect(client.publications).toBe(1);
  });

  test('of another control plane get a hint but no identity of ours', () => {
    const mesh = testMesh({ enableH2Upgrade: false });
    mesh.apply(
      web,
      { pod: podRow('web-1', { controlPlaneNamespace: 'other' }) },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const [endpoint] = endpointsOf(mesh.client('web').set).values();
    expect([endpoint?.hint, endpoint?.workload?.identity]).toEqual([{ protocol: 'unknown' }, undefined]);
  });

  test.each([
    [
      { kind: 'ReplicaSet', name: 'web-abc' },
      { kind: 'Deployment', name: 'web' },
      { kind: 'Deployment', name: 'web' },
    ],
    [
      { kind: 'ReplicaSet', name: 'web-abc' },
      { kind: 'Rollout', name: 'web' },
      { kind: 'ReplicaSet', name: 'web-abc' },
    ],
    [{ kind: 'ReplicaSet', name: 'web-abc' }, undefined, { kind: 'ReplicaSet', name: 'web-abc' }],
    [
      { kind: 'Job', name: 'nightly-1' },
      { kind: 'CronJob', name: 'nightly' },
      { kind: 'CronJob', name: 'nightly' },
    ],
    [{ kind: 'Job', name: 'nightly-1' }, undefined, { kind: 'Job', name: 'nightly-1' }],
    [{ kind: 'StatefulSet', name: 'db' }, undefined, { kind: 'StatefulSet', name: 'db' }],
    [undefined, undefined, { kind: 'Pod', name: 'web-1' }],
  ])('owned by %j under %j are known by %j, live', (owner, above, expected) => {
    const mesh = testMesh();
    mesh.apply(web, { pod: podRow('web-1', { owner }) });
    mesh.apply({ slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) });
    const client = mesh.client('web');
    if (owner?.kind === 'ReplicaSet') {
      const id = replicaSetId('shop', owner.name);
      mesh.tables.replicaSets.apply(id, { id, owner: above });
    } else if (owner?.kind === 'Job') {
      const id = jobId('shop', owner.name);
      mesh.tables.jobs.apply(id, { id, owner: above });
    }
    mesh.engine.flush();
    expect([...endpointsOf(client.set).values()].map(({ workload }) => workload?.owner)).toEqual([expected]);
  });
});

describe('ports', () => {
  const ports = [
    { name: 'http', port: 8080 },
    { name: 'admin', port: 9990 },
  ];
  const slice = { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')], ports) };

  test('resolve by the service port’s name', () => {
    const mesh = testMesh();
    mesh.apply(slice, {
      service: serviceRow('web', {
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 81 },
        ],
      }),
    });
    expect([80, 81].map((port) => mesh.client('web', { port }).addresses)).toEqual([
      ['10.0.0.1:8080'],
      ['10.0.0.1:9990'],
    ]);
  });

  test('that the service does not declare are taken as they are', () => {
    const mesh = testMesh();
    mesh.apply(web, slice);
    expect(mesh.client('web', { port: 1234 }).addresses).toEqual(['10.0.0.1:1234']);
  });

  test('that a slice does not have contribute nothing', () => {
    const mesh = testMesh();
    mesh.apply({ service: serviceRow('web', { ports: [{ name: 'grpc', port: 80 }] }) }, slice);
    mesh.apply({ slice: sliceRow('web', 'b', [bareBackend('10.0.0.2')], []) });
    expect(mesh.client('web').addresses).toEqual([]);
    expect(mesh.client('web', { port: 1234 }).addresses).toEqual(['10.0.0.1:1234']);
  });

  test('follow the service when it is edited', () => {
    const mesh = testMesh();
    mesh.apply(web, slice);
    const client = mesh.client('web');
    mesh.apply({ service: serviceRow('web', { ports: [{ name: 'admin', port: 80 }] }) });
    expect(client.addresses).toEqual(['10.0.0.1:9990']);
  });
});

describe('zones', () => {
  test('clients of one zone share one set, and a node that moves takes its clients along', () => {
    const mesh = testMesh();
    mesh.apply(web, { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')]) });
    mesh.apply(
      { node: nodeRow('n1', 'east') },
      { node: nodeRow('n2', 'east') },
      { node: nodeRow('n3', 'west') },
    );
    const [first, second, third] = ['n1', 'n2', 'n3'].map((node) =>
      mesh.client('web', { node: nodeName(node) }),
    );
    expect(first?.set).toBe(second?.set);
    expect([first?.set.clientZone, third?.set.clientZone]).toEqual(['east', 'west']);
    mesh.apply({ node: nodeRow('n2', 'west') });
    expect(second?.set).toBe(third?.set);
    expect(first?.publications).toBe(0);
  });
});

describe('the hint', () => {
  const controlPlaneNamespace = 'conduit';
  const proxy = { inbound: 4143, own: [4191], skipped: [{ from: 9000, to: 9100 }] };

  test.each([
    ['of a port that the mesh takes for opaque', {}, 3306, { protocol: 'opaque', transportPort: 4143 }],
    ['of the same where the pod says otherwise', { opaquePorts: [] }, 3306, { protocol: 'h2' }],
    [
      'of a port that the pod takes for opaque',
      { opaquePorts: [{ from: 1, to: 9 }] },
      5,
      { protocol: 'opaque', transportPort: 4143 },
    ],
    ['of any other port', {}, 8080, { protocol: 'h2' }],
    ['of a port that passes by the proxy', {}, 9050, undefined],
    [
      'of an opaque port of the proxy itself',
      { opaquePorts: [{ from: 4191, to: 4191 }] },
      4191,
      { protocol: 'opaque' },
    ],
    ['of an opaque port of a proxy that is not known', { proxy: undefined }, 3306, { protocol: 'opaque' }],
    ['of a pod without a proxy', { controlPlaneNamespace: undefined }, 3306, undefined],
  ])('%s', (_, fields, port, hint) => {
    const mesh = testMesh();
    mesh.apply(
      { service: serviceRow('web', { ports: [] }) },
      { pod: podRow('web-1', { controlPlaneNamespace, proxy, ...fields }) },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const [endpoint] = endpointsOf(mesh.client('web', { port }).set).values();
    expect(endpoint?.hint).toEqual(hint);
  });

  test('follows the pod’s annotations', () => {
    const mesh = testMesh();
    mesh.apply(web, { pod: podRow('web-1', { controlPlaneNamespace, proxy }) });
    mesh.apply({ slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) });
    const client = mesh.client('web');
    const opaquePorts = [{ from: 8080, to: 8080 }];
    mesh.apply({ pod: podRow('web-1', { controlPlaneNamespace, proxy, opaquePorts }) });
    expect([...endpointsOf(client.set).values()].map(({ hint }) => hint?.protocol)).toEqual(['opaque']);
  });
});

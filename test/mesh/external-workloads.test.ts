import { beforeEach, describe, expect, test } from 'vitest';
import { endpointsOf } from '../../src/core/endpoint-set.js';
import { externalWorkloadId, nodeName, serviceId, zone } from '../../src/core/ids.js';
import type { Backend } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import { externalWorkloadRow, nodeRow, podBackend, serverRow, serviceRow, sliceRow } from '../kit/rows.js';

const web = { service: serviceRow('web') };
const vm = externalWorkloadRow('vm', {
  owner: { kind: 'ExternalGroup', name: 'vms' },
  labels: { app: 'web' },
  ips: ['192.0.2.1'],
  ports: [
    { name: 'http', port: 8080, hostPort: undefined },
    { name: '', port: 9000, hostPort: undefined },
  ],
  inboundPort: 4200,
});

let mesh: ReturnType<typeof testMesh>;

beforeEach(() => {
  mesh = testMesh();
  mesh.apply(web);
});

function backend(fields: Partial<Backend> = {}): Backend {
  const target = { kind: 'ExternalWorkload', id: vm.id, uid: vm.uid } as const;
  return { ...podBackend('192.0.2.1', ''), target, ...fields };
}

function slice(...backends: readonly Backend[]) {
  return { slice: sliceRow('web', 'a', backends) };
}

function endpoints(client: ReturnType<typeof mesh.client>) {
  return [...endpointsOf(client.set).values()];
}

const endpoint = {
  ip: '192.0.2.1',
  port: 8080,
  weight: 10_000,
  zone: zone('east'),
  workload: {
    kind: 'ExternalWorkload',
    namespace: 'shop',
    name: 'vm',
    owner: { kind: 'ExternalGroup', name: 'vms' },
    identity: 'spiffe://root/vm',
    serverName: 'vm.example',
  },
  hint: { protocol: 'h2', transportPort: undefined },
  gateway: undefined,
};

describe('an endpoint that is an external workload', () => {
  test('is told with all that is known of it', () => {
    mesh.apply({ external: vm }, slice(backend({ zone: zone('east') })));
    expect(endpoints(mesh.client('web'))).toEqual([endpoint]);
  });

  test('takes HTTP/2 where the cluster’s pods don’t', () => {
    mesh = testMesh({ enableH2Upgrade: false });
    mesh.apply(web, { external: vm }, slice(backend()));
    expect(endpoints(mesh.client('web'))).toMatchObject([{ hint: { protocol: 'h2' } }]);
  });

  test('joins its slice in either order of arrival, and leaves with its object', () => {
    mesh.apply(slice(backend()));
    const client = mesh.client('web');
    expect(client.addresses).toEqual([]);
    mesh.apply({ external: vm });
    expect(client.addresses).toEqual(['192.0.2.1:8080']);
    mesh.tables.externalWorkloads.delete(vm.id);
    mesh.engine.flush();
    expect(client.addresses).toEqual([]);
  });

  test('is not mistaken for a later one of the same name', () => {
    mesh.apply({ external: { ...vm, uid: 'later' } }, slice(backend()));
    const client = mesh.client('web');
    expect(client.addresses).toEqual([]);
    const target = { kind: 'ExternalWorkload', id: vm.id, uid: 'later' } as const;
    mesh.apply(slice(backend({ target })));
    expect(client.addresses).toEqual(['192.0.2.1:8080']);
    mesh.apply(slice(backend({ target: { ...target, uid: undefined } })));
    expect([client.addresses, client.publications]).toEqual([['192.0.2.1:8080'], 1]);
  });

  test('follows its object', () => {
    mesh.apply({ external: vm }, slice(backend()));
    const client = mesh.client('web');
    mesh.apply({ external: { ...vm, identity: 'spiffe://root/other' } });
    expect(endpoints(client)).toMatchObject([{ workload: { identity: 'spiffe://root/other' } }]);
    mesh.apply({ external: { ...vm, serverName: 'other', owner: undefined } });
    expect(endpoints(client)).toMatchObject([{ workload: { serverName: 'other', owner: undefined } }]);
    mesh.apply({ external: { ...vm, opaquePorts: [{ from: 8080, to: 8080 }] } });
    expect(endpoints(client)).toMatchObject([{ hint: { protocol: 'opaque', transportPort: 4200 } }]);
    expect(client.publications).toBe(3);
    mesh.apply({ external: { ...vm, opaquePorts: [{ from: 8000, to: 9000 }], labels: {}, ips: [] } });
    expect(client.publications).toBe(3);
  });

  test('is opaque by the mesh’s list, unless it has a list of its own', () => {
    mesh.apply({ external: vm }, slice(backend()));
    const on = (port: number) => endpoints(mesh.client('web', { port }))[0]?.hint;
    expect(on(3306)).toEqual({ protocol: 'opaque', transportPort: 4200 });
    mesh.apply({ external: { ...vm, opaquePorts: [] } });
    expect(on(3306)).toEqual({ protocol: 'h2', transportPort: undefined });
  });

  test.each([
    ['its number', { kind: 'number', port: 8080 }],
    ['its name', { kind: 'name', name: 'http' }],
  ] as const)('is opaque by a Server that calls the port by %s, live', (_, port) => {
    mesh.apply({ external: vm }, slice(backend()));
    const client = mesh.client('web');
    const server = serverRow('s', 'web', {
      podSelector: undefined,
      externalWorkloadSelector: [{ kind: 'in', label: 'app', values: ['web'] }],
      port,
    });
    mesh.apply({ server });
    expect(endpoints(client)).toMatchObject([{ hint: { protocol: 'opaque' } }]);
    mesh.apply({ server: { ...server, externalWorkloadSelector: undefined } });
    expect(endpoints(client)).toMatchObject([{ hint: { protocol: 'h2' } }]);
    mesh.apply({ server });
    mesh.tables.servers.delete(server.id);
    mesh.engine.flush();
    expect(endpoints(client)).toMatchObject([{ hint: { protocol: 'h2' } }]);
  });

  test('has zones and hints, and no node', () => {
    mesh.apply(
      { node: nodeRow('n1', 'east') },
      { node: nodeRow('n2', 'west') },
      { external: vm },
      { external: { ...vm, id: externalWorkloadId('shop', 'vm2'), name: 'vm2' } },
      slice(
        backend({ zone: zone('east'), forZones: [zone('east')] }),
        backend({
          ip: '192.0.2.2',
          forZones: [zone('west')],
          target: { kind: 'ExternalWorkload', id: externalWorkloadId('shop', 'vm2'), uid: vm.uid },
        }),
      ),
    );
    const on = (node: string) => mesh.client('web', { node: nodeName(node) });
    expect([on('n1').addresses, on('n2').addresses]).toEqual([['192.0.2.1:8080'], ['192.0.2.2:8080']]);
    mesh.apply({ service: { ...web.service, internalTrafficPolicy: 'Local' } });
    expect([on('n1').addresses, on('n2').addresses]).toEqual([[], []]);
  });
});

describe('the address of an external workload', () => {
  test('is its own on the ports that it declares, and nobody’s on others', () => {
    mesh.apply({ external: vm });
    expect(mesh.profile('192.0.2.1:8080').value).toEqual({
      kind: 'endpoint',
      isOpaque: false,
      endpoint: { ...endpoint, zone: undefined },
    });
    expect(mesh.profile('192.0.2.1:9000').value).toMatchObject({ endpoint: { workload: { name: 'vm' } } });
    expect(mesh.profile('192.0.2.1:9001').value).toMatchObject({ endpoint: { workload: undefined } });
  });

  test('follows its ports, its addresses and its deletion', () => {
    const profile = mesh.profile('192.0.2.1:8080');
    const states = [vm, { ...vm, ports: [] }, vm, { ...vm, ips: ['192.0.2.2'] }, vm].map((external) => {
      mesh.apply({ external });
      return profile.value.kind === 'endpoint' && profile.value.endpoint.workload?.name;
    });
    expect(states).toEqual(['vm', undefined, 'vm', undefined, 'vm']);
    mesh.tables.externalWorkloads.delete(vm.id);
    mesh.engine.flush();
    expect(profile.value).toMatchObject({ endpoint: { workload: undefined } });
  });

  test('that two declare is the first one’s, by name', () => {
    const twin = externalWorkloadRow('a-vm', { ips: vm.ips, ports: vm.ports });
    mesh.apply({ external: vm }, { external: twin });
    const profile = mesh.profile('192.0.2.1:8080');
    expect(profile.value).toMatchObject({ endpoint: { workload: { name: 'a-vm' } } });
    mesh.tables.externalWorkloads.delete(twin.id);
    mesh.engine.flush();
    expect(profile.value).toMatchObject({ endpoint: { workload: { name: 'vm' } } });
  });
});

test('an instance’s name may lead to an external workload', () => {
  mesh.apply(slice(backend({ hostname: 'vm', ready: false })));
  const profile = mesh.profile('vm.web.shop.svc.cluster.local:8080');
  expect(profile.value).toMatchObject({ endpoint: { ip: '192.0.2.1', workload: undefined } });
  mesh.apply({ external: vm });
  expect(profile.value).toMatchObject({ endpoint: { workload: endpoint.workload, hint: endpoint.hint } });
  mesh.apply({ external: { ...vm, uid: 'later' } });
  expect(profile.value).toMatchObject({ endpoint: { workload: undefined } });
  expect(mesh.client('web', { service: serviceId('shop', 'web'), hostname: 'vm' }).addresses).toEqual([]);
});

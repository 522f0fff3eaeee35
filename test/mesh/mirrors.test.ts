import { beforeEach, describe, expect, test } from 'vitest';
import { endpointsOf } from '../../src/core/endpoint-set.js';
import type { Mirror } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';

const mirror: Mirror = {
  cluster: 'west',
  remoteService: 'web.shop.svc.west.example',
  gatewayIdentity: 'gateway.linkerd-multicluster.serviceaccount.identity.linkerd.west.example',
};

const service = serviceRow('web-west', {
  ports: [
    { name: 'http', port: 80 },
    { name: 'admin', port: 81 },
  ],
});

const ports = [
  { name: 'http', port: 4143 },
  { name: 'admin', port: 4143 },
];

let mesh: ReturnType<typeof testMesh>;

beforeEach(() => {
  mesh = testMesh();
  mesh.apply({ service });
});

function slice(of: Mirror | undefined, suffix = 'a', ip = '203.0.113.1') {
  return { slice: { ...sliceRow('web-west', suffix, [bareBackend(ip)], ports), mirror: of } };
}

function endpoint(port = 80) {
  return [...endpointsOf(mesh.client('web-west', { port }).set).values()][0];
}

describe('an endpoint of a mirrored service', () => {
  test('is asked for the service over there, on the port that was asked for here', () => {
    mesh.apply(slice(mirror));
    const expected = (port: number) => ({
      ip: '203.0.113.1',
      port: 4143,
      weight: 10_000,
      zone: undefined,
      workload: undefined,
      hint: { protocol: 'h2', transportPort: undefined },
      gateway: { authority: `web.shop.svc.west.example:${port}`, identity: mirror.gatewayIdentity },
    });
    expect([endpoint(80), endpoint(81), endpoint(82)]).toEqual([
      expected(80),
      expected(81),
      { ...expected(82), port: 82 },
    ]);
  });

  test('is not said to take HTTP/2 without a gateway’s proxy, nor where that is switched off', () => {
    mesh.apply(slice({ ...mirror, gatewayIdentity: undefined }));
    expect(endpoint()).toMatchObject({ hint: undefined, gateway: { identity: undefined } });
    mesh = testMesh({ enableH2Upgrade: false });
    mesh.apply({ service }, slice(mirror));
    expect(endpoint()).toMatchObject({ hint: { protocol: 'unknown' } });
  });

  test('is a bare address where nothing says what to ask for', () => {
    mesh.apply(slice({ cluster: 'west', remoteService: undefined, gatewayIdentity: undefined }));
    expect(endpoint()).toMatchObject({ hint: undefined, gateway: undefined });
    mesh.apply(slice({ cluster: 'west', remoteService: undefined, gatewayIdentity: 'gw' }));
    expect(endpoint()).toMatchObject({ hint: {}, gateway: { authority: undefined, identity: 'gw' } });
  });

  test('that is a pod is told as the pod', () => {
    const row = { ...sliceRow('web-west', 'a', [podBackend('10.0.0.1', 'web-1')], ports), mirror };
    mesh.apply({ pod: podRow('web-1') }, { slice: row });
    expect(endpoint()).toMatchObject({ workload: { name: 'web-1' }, gateway: undefined });
  });

  test('follows what the mirror says', () => {
    mesh.apply(slice(mirror));
    const client = mesh.client('web-west');
    const gateway = () => [...endpointsOf(client.set).values()][0]?.gateway;
    mesh.apply(slice({ ...mirror, gatewayIdentity: 'another' }));
    expect(gateway()).toEqual({ authority: 'web.shop.svc.west.example:80', identity: 'another' });
    mesh.apply(slice({ ...mirror, remoteService: 'api.shop.svc.west.example' }));
    expect(gateway()).toMatchObject({ authority: 'api.shop.svc.west.example:80' });
    mesh.apply(slice(undefined));
    expect(gateway()).toBeUndefined();
    expect(client.publications).toBe(3);
  });
});

describe('the set of a mirrored service', () => {
  const remote = () => mesh.client('web-west').set.remote;

  test('says what it is remote for', () => {
    mesh.apply(slice(mirror));
    expect(remote()).toEqual({ cluster: 'west', service: { namespace: 'shop', name: 'web' } });
  });

  test.each([
    [undefined],
    ['web'],
  ])('says no more than the cluster where the service is called %j', (remoteService) => {
    mesh.apply(slice({ ...mirror, remoteService }));
    expect(remote()).toEqual({ cluster: 'west', service: undefined });
  });

  test('is not remote where no cluster is named', () => {
    mesh.apply(slice({ ...mirror, cluster: undefined }));
    expect(remote()).toBeUndefined();
  });

  test('goes by the first object that names a cluster, whatever comes after it', () => {
    mesh.apply(slice({ ...mirror, cluster: undefined }), slice(mirror, 'b', '203.0.113.2'));
    const client = mesh.client('web-west');
    mesh.apply(slice({ ...mirror, cluster: 'south' }, 'c', '203.0.113.3'));
    expect(client.set.remote?.cluster).toBe('west');
    mesh.tables.backends.delete(slice(mirror, 'b').slice.id);
    mesh.engine.flush();
    expect(client.set.remote?.cluster).toBe('south');
  });
});

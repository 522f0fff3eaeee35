import { afterEach, beforeEach, expect, test } from 'vitest';
import { destinationServer } from '../kit/destination.js';
import {
  rawEndpoint,
  rawExternalWorkload,
  rawNode,
  rawPod,
  rawService,
  rawSlice,
} from '../kit/kube-objects.js';
import { kubeMesh } from './kube-mesh.js';

// Smaller troubles that users of the reference controller reported, by the numbers of their issues.

const authority = 'web.default.svc.cluster.local:80';
const web = rawService('web');
const slice = (name: string, ...endpoints: readonly unknown[]) => rawSlice(name, 'web', { endpoints });

let server: Awaited<ReturnType<typeof destinationServer>>;
let cluster: ReturnType<typeof kubeMesh>;

beforeEach(async () => {
  server = await destinationServer();
  cluster = kubeMesh(server.mesh);
});

afterEach(async () => {
  await server.close();
});

test('#4399: calls that come too early are told which kinds are missing', async () => {
  const early = await destinationServer({ notServing: () => 'still syncing: Service, Pod' });
  expect(await early.get(authority).next()).toEqual([
    { end: { code: 'UNAVAILABLE', details: 'proxy server: still syncing: Service, Pod' } },
  ]);
  await early.close();
});

test('#5911: in mid-rollout a slice without the port adds nothing, least of all port 0', async () => {
  const endpoints = [rawEndpoint('10.0.0.1', 'web-1')];
  const old = [{ name: 'old', protocol: 'TCP', port: 8080 }];
  cluster.apply(web, rawPod('web-1'), rawSlice('web-a', 'web', { endpoints, ports: old }));
  const stream = server.get(authority);
  expect(await stream.next()).toEqual([{ noEndpoints: { exists: true } }]);
  cluster.apply(slice('web-a', ...endpoints));
  expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
});

test('#4055: no namespace is left out', async () => {
  const inSystem = { namespace: 'kube-system' };
  const endpoints = [{ addresses: ['10.0.0.53'] }];
  cluster.apply(rawService('dns', inSystem), rawSlice('dns-a', 'dns', { ...inSystem, endpoints }));
  const stream = server.get('dns.kube-system.svc.cluster.local:80');
  expect(await stream.next()).toEqual([{ add: ['10.0.0.53:8080'] }]);
});

test('#10925: hints that go are gone on open streams', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'east' };
  const hinted = (ip: string, name: string, zone: string) =>
    rawEndpoint(ip, name, { hints: { forZones: [{ name: zone }] } });
  const near = hinted('10.0.0.1', 'web-1', 'east');
  const pods = ['web-1', 'web-2'].map((name) => rawPod(name));
  cluster.apply(
    web,
    rawNode('n1', { labels }),
    ...pods,
    slice('web-a', near, hinted('10.0.0.2', 'web-2', 'west')),
  );
  const stream = server.get(authority, { contextToken: '{"nodeName":"n1"}' });
  expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  cluster.apply(slice('web-a', near, rawEndpoint('10.0.0.2', 'web-2')));
  expect(await stream.next()).toEqual([{ add: ['10.0.0.2:8080'] }]);
});

test('#13922, #14149, #15473: a port that the service doesn’t have isn’t balanced over its pods', async () => {
  cluster.apply(web, rawPod('web-1'), slice('web-a', rawEndpoint('10.0.0.1', 'web-1')));
  for (const path of ['web.default.svc.cluster.local:1234', '10.96.0.10:1234']) {
    expect(await server.getProfile(path).next()).toEqual([{ routes: [], dst_overrides: [] }]);
  }
});

test('#11065: an instance that isn’t there is NOT_FOUND', async () => {
  cluster.apply(web);
  const end = { code: 'NOT_FOUND', details: 'Service web.default has no instance web-9' };
  expect(await server.getProfile(`web-9.${authority}`).next()).toEqual([{ end }]);
});

test('#14428, #14612, #14683: many clients of a service are one series, and addresses are none', async () => {
  cluster.apply(web, rawPod('web-1', { ip: '10.0.0.1' }), rawNode('n1'), rawNode('n2'));
  const streams = ['n1', 'n2', 'n1'].flatMap((node) => {
    const contextToken = JSON.stringify({ nodeName: node });
    return [server.get(authority, { contextToken }), server.getProfile('10.0.0.1:80', { contextToken })];
  });
  for (const stream of streams) await stream.next();
  const text = await server.registry.metrics();
  expect(text).toContain(
    'conduit_destination_subscribers{rpc="Get",namespace="default",service="web",port="80"} 3',
  );
  expect(text).toContain(
    'conduit_destination_subscribers{rpc="GetProfile",namespace="",service="",port=""} 3',
  );
  expect(text).not.toMatch(/10\.0\.0\.1|n1/);
});

test('#12686, #13378, #15551: what objects leave out crashes nothing', async () => {
  const bare = (raw: ReturnType<typeof rawPod>) => {
    const { managedFields: _, creationTimestamp: __, ...metadata } = raw.metadata;
    return { ...raw, metadata } as typeof raw;
  };
  const vm = rawExternalWorkload('vm');
  const targetRef = { kind: 'ExternalWorkload', namespace: 'default', name: 'vm', uid: 'uid-vm' };
  cluster.apply(
    bare(web),
    bare(rawPod('web-1', { ip: '10.0.0.1' })),
    bare(vm),
    slice('web-a', rawEndpoint('10.0.0.1', 'web-1'), rawEndpoint('192.0.2.1', '', { targetRef })),
  );
  const stream = server.get(authority);
  expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080', '192.0.2.1:8080'] }]);
  expect(await server.get(`web-1.${authority}`).next()).toEqual([{ noEndpoints: { exists: true } }]);
  cluster.delete(vm);
  expect(await stream.next()).toEqual([{ remove: ['192.0.2.1:8080'] }]);
});

test('#15271: hundreds of streams on one connection all have the change', async () => {
  cluster.apply(web, slice('web-a', { addresses: ['10.0.0.1'] }));
  const streams = Array.from({ length: 210 }, () => server.get(authority));
  for (const stream of streams) await stream.next();
  cluster.apply(slice('web-a', { addresses: ['10.0.0.2'] }));
  for (const stream of streams) {
    expect(await stream.next(2)).toEqual([{ add: ['10.0.0.2:8080'] }, { remove: ['10.0.0.1:8080'] }]);
  }
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/core/profile.js';
import type { Route } from '../../src/core/routes.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, serviceProfileRow, serviceRow, sliceRow } from '../kit/rows.js';

const web = serviceRow('web', { clusterIps: ['10.96.0.1', 'fd00::1'] });
const authority = 'web.shop.svc.cluster.local';

/** What is said of `web` where nothing is configured. */
const plain: Profile = {
  kind: 'service',
  namespace: 'shop',
  name: 'web',
  port: 80,
  fullyQualifiedName: 'web.shop.svc.cluster.local',
  isOpaque: false,
  routes: [],
  retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
  overrides: [{ authority: 'web.shop.svc.cluster.local:80', weight: 10_000 }],
  source: undefined,
};

const none: Profile = { kind: 'none' };

const route = (name: string): Route => ({
  name,
  condition: { kind: 'path', regex: `/${name}` },
  responseClasses: [],
  isRetryable: false,
  timeoutMs: undefined,
});

let mesh: ReturnType<typeof testMesh>;

beforeEach(() => {
  mesh = testMesh();
  mesh.apply({ service: web });
});

function withoutService(): void {
  mesh.tables.services.delete(web.id);
  mesh.engine.flush();
}

describe('a service', () => {
  test.each([
    ['its name', authority],
    ['its name and port', `${authority}:80`],
    ['its cluster IP', '10.96.0.1:80'],
    ['its cluster IP in IPv6', '[fd00::1]:80'],
    ['its cluster IP, mapped into IPv6', '[::ffff:10.96.0.1]:80'],
  ])('is found by %s', (_, asked) => {
    expect(mesh.profile(asked).value).toEqual(plain);
  });

  test('by its cluster IP follows it from one service to the next, and to nobody', () => {
    const profile = mesh.profile('10.96.0.2:80');
    const nobody = { kind: 'endpoint', isOpaque: false, endpoint: { ip: '10.96.0.2', workload: undefined } };
    expect(profile.value).toMatchObject(nobody);
    mesh.apply({ service: serviceRow('api', { clusterIps: ['10.96.0.2'] }) });
    expect(profile.value).toMatchObject({ kind: 'service', name: 'api' });
    mesh.apply({ service: serviceRow('api') }, { service: { ...web, clusterIps: ['10.96.0.2'] } });
    expect(profile.value).toEqual(plain);
    withoutService();
    expect(profile.value).toMatchObject(nobody);
  });

  test('that goes leaves nothing to be said, and is whole again when it is back', () => {
    const profile = mesh.profile(authority);
    withoutService();
    expect(profile.value).toEqual(none);
    mesh.apply({ service: web });
    expect(profile.value).toEqual(plain);
    expect(profile.publications).toBe(2);
  });

  test('that becomes an ExternalName leaves nothing to be said', () => {
    const profile = mesh.profile(authority);
    mesh.apply({ service: { ...web, type: 'ExternalName' } });
    expect(profile.value).toEqual(none);
    mesh.apply({ service: web });
    expect(profile.value).toEqual(plain);
  });

  test('has nothing to say of a port that it does not have, until it has it', () => {
    const asked = [mesh.profile(`${authority}:81`), mesh.profile('10.96.0.1:81')];
    expect(asked.map(({ value }) => value)).toEqual([none, none]);
    const both = { ...web, ports: [...web.ports, { name: 'admin', port: 81 }] };
    mesh.apply({ service: both });
    const overrides = [{ authority: 'web.shop.svc.cluster.local:81', weight: 10_000 }];
    const found = { ...plain, port: 81, overrides };
    expect(asked.map(({ value }) => value)).toEqual([found, found]);
    mesh.apply({ service: web });
    expect(asked.map(({ value }) => value)).toEqual([none, none]);
  });

  test('is told anew for nothing that a client would not see', () => {
    const profile = mesh.profile(authority, 'clients');
    mesh.apply(
      { service: { ...web, internalTrafficPolicy: 'Local' } },
      { service: { ...web, ports: [{ name: 'renamed', port: 80 }] } },
      { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')]) },
      { profile: serviceProfileRow('web', {}, 'elsewhere') },
      { profile: serviceProfileRow('api') },
    );
    expect(profile.publications).toBe(0);
  });
});

describe('connections are bytes', () => {
  test('on the mesh’s ports, unless the service has a list of its own', () => {
    const ports = [80, 3306, 9000].map((port) => ({ name: `p${port}`, port }));
    const opaque = () =>
      ports.filter(({ port }) => {
        const { value } = mesh.profile(`${authority}:${port}`);
        return value.kind === 'service' && value.isOpaque;
      });
    const numbers = () => opaque().map(({ port }) => port);
    mesh.apply({ service: { ...web, ports } });
    expect(numbers()).toEqual([3306]);
    mesh.apply({ service: { ...web, ports, opaquePorts: [{ from: 8000, to: 9000 }] } });
    expect(numbers()).toEqual([9000]);
    mesh.apply({ service: { ...web, ports, opaquePorts: [] } });
    expect(numbers()).toEqual([]);
  });

  test('from the annotation on to its removal, on streams that are open', () => {
    const profile = mesh.profile(authority);
    mesh.apply({ service: { ...web, opaquePorts: [{ from: 80, to: 80 }] } });
    expect(profile.value).toEqual({ ...plain, isOpaque: true });
    mesh.apply({ service: { ...web, opaquePorts: [{ from: 1, to: 100 }] } });
    expect(profile.publications).toBe(1);
    mesh.apply({ service: web });
    expect(profile.value).toEqual(plain);
  });
});

describe('a ServiceProfile', () => {
  const own = serviceProfileRow('web', {
    routes: [route('own')],
    retryBudget: { retryRatio: 0, minRetriesPerSecond: 1, ttlMs: 1_000 },
  });
  const clients = serviceProfileRow('web', { routes: [route('clients')] }, 'clients');
  const ofOwn = { ...plain, routes: own.routes, retryBudget: own.retryBudget, source: own.id };
  const ofClients = { ...plain, routes: clients.routes, source: clients.id };

  test('is what is said from its creation to its deletion', () => {
    const profile = mesh.profile(authority);
    mesh.apply({ profile: own });
    expect(profile.value).toEqual(ofOwn);
    mesh.apply({ profile: { ...own, routes: [] } });
    expect(profile.value).toEqual({ ...ofOwn, routes: [] });
    mesh.tables.serviceProfiles.delete(own.id);
    mesh.engine.flush();
    expect(profile.value).toEqual(plain);
  });

  test('of the client’s namespace goes before the service’s own, for as long as it is there', () => {
    const [at, elsewhere, unknown] = ['clients', 'others', undefined].map((namespace) =>
      mesh.profile(authority, namespace),
    );
    const values = () => [at!.value, elsewhere!.value, unknown!.value];
    expect(values()).toEqual([plain, plain, plain]);
    mesh.apply({ profile: clients });
    expect(values()).toEqual([ofClients, plain, plain]);
    mesh.apply({ profile: own });
    expect(values()).toEqual([ofClients, ofOwn, ofOwn]);
    mesh.tables.serviceProfiles.delete(clients.id);
    mesh.engine.flush();
    expect(values()).toEqual([ofOwn, ofOwn, ofOwn]);
    expect([at!, elsewhere!, unknown!].map(({ publications }) => publications)).toEqual([2, 1, 1]);
  });

  test('of the client’s namespace applies to lookups by cluster IP as well', () => {
    const profile = mesh.profile('10.96.0.1:80', 'clients');
    mesh.apply({ profile: clients });
    expect(profile.value).toEqual(ofClients);
  });

  test('is not told of where another one applies', () => {
    mesh.apply({ profile: clients });
    const profile = mesh.profile(authority, 'clients');
    mesh.apply({ profile: own }, { profile: { ...own, routes: [] } });
    expect(profile.publications).toBe(0);
  });

  test('all of whose parts are wrong still applies, as one that says nothing', () => {
    mesh.apply({ profile: serviceProfileRow('web', { problems: ['spec.routes[0]: nonsense'] }) });
    expect(mesh.profile(authority).value).toEqual({ ...plain, source: own.id });
  });
});

describe('overrides', () => {
  const split = serviceProfileRow('web', {
    overrides: [
      { authority: 'web-v1.shop.svc.cluster.local', weight: 9_000 },
      { authority: 'web-v2.shop.svc.cluster.local:8080', weight: 1_000 },
    ],
  });

  test('take the port that was asked for where they have none, and the place of the service itself', () => {
    mesh.apply(
      { service: { ...web, ports: [...web.ports, { name: 'admin', port: 81 }] } },
      { profile: split },
    );
    const overrides = (port: number) => {
      const { value } = mesh.profile(`${authority}:${port}`);
      return value.kind === 'service' ? value.overrides : undefined;
    };
    expect(overrides(80)).toEqual([
      { authority: 'web-v1.shop.svc.cluster.local:80', weight: 9_000 },
      { authority: 'web-v2.shop.svc.cluster.local:8080', weight: 1_000 },
    ]);
    expect(overrides(81)).toEqual([
      { authority: 'web-v1.shop.svc.cluster.local:81', weight: 9_000 },
      { authority: 'web-v2.shop.svc.cluster.local:8080', weight: 1_000 },
    ]);
  });

  test('are none where the mesh has a policy service, unless a ServiceProfile has some', () => {
    mesh = testMesh({ enableSelfOverride: false });
    mesh.apply({ service: web });
    const profile = mesh.profile(authority);
    expect(profile.value).toEqual({ ...plain, overrides: [] });
    mesh.apply({ profile: split });
    expect(profile.value).toMatchObject({ overrides: [{ weight: 9_000 }, { weight: 1_000 }] });
  });
});

test('clients of all namespaces share what they are told', () => {
  const profiles = ['a', 'b', undefined].map((namespace) => mesh.profile(authority, namespace).value);
  expect(new Set(profiles).size).toBe(1);
});

test('nothing is left of profiles that nobody asks for any more', () => {
  const asked = [authority, '10.96.0.1:80', '10.9.9.9:80', `${authority}:81`, `web-0.${authority}`];
  const profiles = asked.flatMap((each) => [mesh.profile(each), mesh.profile(each, 'clients')]);
  for (const profile of profiles) profile.close();
  mesh.scheduler.advance(60_000);
  expect(mesh.views.map((view) => [view.name, view.stats().keys])).toEqual(
    mesh.views.map((view) => [view.name, 0]),
  );
  const tables = Object.values(mesh.tables).filter((table) => 'observed' in table);
  expect(tables.map(({ observed }) => observed)).toEqual(tables.map(() => 0));
});

import { beforeEach, describe, expect, test } from 'vitest';
import { nodeName, serverId } from '../../src/core/ids.js';
import type { ServerRow } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import { resetTable } from '../kit/reset-table.js';
import { externalWorkloadRow, podBackend, podRow, serverRow, serviceRow, sliceRow } from '../kit/rows.js';

const port = 9000;
const pod = podRow('web-1', {
  controlPlaneNamespace: 'conduit',
  labels: { app: 'web' },
  ips: ['10.0.0.1'],
  nodeName: nodeName('n1'),
  namedPorts: [
    { name: 'bytes', port, hostPort: 19_000 },
    { name: 'http', port: 8080, hostPort: undefined },
  ],
  proxy: { inbound: 4143, own: [], skipped: [] },
});
const byNumber = serverRow('by-number', 'web', { port: { kind: 'number', port } });
const byName = serverRow('by-name', 'web', { port: { kind: 'name', name: 'bytes' } });

let mesh: ReturnType<typeof testMesh>;

beforeEach(() => {
  mesh = testMesh();
  mesh.apply(
    { service: serviceRow('web', { ports: [{ name: 'bytes', port: 80 }] }) },
    { pod },
    { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')], [{ name: 'bytes', port }]) },
  );
});

/** What clients that are there now are told, by Get and by GetProfile. */
function watch() {
  const client = mesh.client('web');
  const profile = mesh.profile(`10.0.0.1:${port}`);
  return {
    get told() {
      const [endpoint] = client.set.parts.flatMap((part) => part.endpoints);
      const { value } = profile;
      return [
        endpoint?.hint?.protocol,
        value.kind === 'endpoint' && value.isOpaque,
        value.kind === 'endpoint' && value.endpoint.hint?.protocol,
      ];
    },
    get publications() {
      return [client.publications, profile.publications];
    },
  };
}

const opaque = ['opaque', true, 'opaque'];
const detected = ['h2', false, 'h2'];

function remove(server: ServerRow): void {
  mesh.tables.servers.delete(server.id);
  mesh.engine.flush();
}

test.each([
  ['by number', byNumber],
  ['by name', byName],
])('a Server that names a port %s holds from its creation to its deletion, on open streams', (_, server) => {
  const clients = watch();
  expect(clients.told).toEqual(detected);
  mesh.apply({ server });
  expect(clients.told).toEqual(opaque);
  remove(server);
  expect(clients.told).toEqual(detected);
  expect(clients.publications).toEqual([2, 2]);
});

test('a port that two Servers name is opaque until both are gone', () => {
  const clients = watch();
  mesh.apply({ server: byNumber }, { server: byName });
  remove(byNumber);
  expect(clients.told).toEqual(opaque);
  expect(clients.publications).toEqual([1, 1]);
  remove(byName);
  expect(clients.told).toEqual(detected);
});

test.each<[string, Partial<ServerRow>]>([
  ['another number', { port: { kind: 'number', port: 9001 } }],
  ['another name', { port: { kind: 'name', name: 'http' } }],
  ['a name that no container declares', { port: { kind: 'name', name: 'nowhere' } }],
  ['another label', { podSelector: [{ kind: 'in', label: 'app', values: ['api'] }] }],
  ['no pods at all', { podSelector: undefined }],
  ['external workloads', { podSelector: undefined, externalWorkloadSelector: [] }],
])('a Server edited to mean %s lets go of the port, and takes it up again', (_, edit) => {
  const clients = watch();
  mesh.apply({ server: byNumber });
  mesh.apply({ server: { ...byNumber, ...edit } });
  expect(clients.told).toEqual(detected);
  mesh.apply({ server: byNumber });
  expect(clients.told).toEqual(opaque);
});

test.each<[string, ServerRow['podSelector'], boolean]>([
  ['everything', [], true],
  ['a label that is there', [{ kind: 'exists', label: 'app' }], true],
  ['a label that isn’t', [{ kind: 'exists', label: 'tier' }], false],
  ['the absence of a label', [{ kind: 'absent', label: 'tier' }], true],
  ['one of several values', [{ kind: 'in', label: 'app', values: ['api', 'web'] }], true],
  ['other values', [{ kind: 'not-in', label: 'app', values: ['web'] }], false],
])('a selector of %s', (_, podSelector, selects) => {
  mesh.apply({ server: { ...byNumber, podSelector } });
  expect(watch().told).toEqual(selects ? opaque : detected);
});

test('a Server of another namespace means nothing here, though it is called the same', () => {
  const clients = watch();
  const foreign = { ...byNumber, id: serverId('other', 'by-number'), namespace: 'other' };
  mesh.apply({ server: foreign });
  expect([clients.told, clients.publications]).toEqual([detected, [0, 0]]);
  mesh.apply({ server: byNumber });
  remove(foreign);
  expect(clients.told).toEqual(opaque);
});

test('a pod that changes its labels moves in and out of a selection', () => {
  mesh.apply({ server: byNumber });
  const clients = watch();
  mesh.apply({ pod: { ...pod, labels: { app: 'api' } } });
  expect(clients.told).toEqual(detected);
  mesh.apply({ pod: { ...pod, labels: { app: 'web', more: 'x' } } });
  expect(clients.told).toEqual(opaque);
});

test('a Server wins over an annotation that says that no port is opaque', () => {
  mesh.apply({ pod: { ...pod, opaquePorts: [] } }, { server: byNumber });
  expect(watch().told).toEqual(opaque);
});

test('a change of Servers that changes no port of the pod tells nobody', () => {
  mesh.apply({ server: byNumber });
  const clients = watch();
  mesh.apply(
    { server: byName },
    { server: serverRow('api', 'api') },
    { server: { ...byName, podSelector: [{ kind: 'in', label: 'app', values: ['web', 'api'] }] } },
  );
  resetTable(mesh.tables.servers, [[byNumber.id, byNumber]]);
  mesh.engine.flush();
  expect([clients.told, clients.publications]).toEqual([opaque, [0, 0]]);
});

describe('the node’s port that leads to a pod', () => {
  const isOpaqueOnHost = () => {
    const { value } = mesh.profile('192.0.2.1:19000');
    return value.kind === 'endpoint' && value.isOpaque;
  };

  test('goes by the name of the port behind it, live, and not by that port’s number', () => {
    mesh.apply({ pod: { ...pod, hostIps: ['192.0.2.1'], hostPorts: [19_000] } });
    mesh.apply({ server: byNumber });
    expect(isOpaqueOnHost()).toBe(false);
    mesh.apply({ server: byName });
    expect(isOpaqueOnHost()).toBe(true);
    remove(byName);
    expect(isOpaqueOnHost()).toBe(false);
  });
});

test('a name that two containers declare stands for both of their ports', () => {
  const namedPorts = [9000, 9001].map((number) => ({ name: 'bytes', port: number, hostPort: undefined }));
  mesh.apply({ pod: { ...pod, namedPorts } }, { server: byName });
  const opaquePorts = [8999, 9000, 9001].filter((each) => {
    const { value } = mesh.profile(`10.0.0.1:${each}`);
    return value.kind === 'endpoint' && value.isOpaque;
  });
  expect(opaquePorts).toEqual([9000, 9001]);
});

test('a Server selects pods and external workloads each by its own selector', () => {
  const external = externalWorkloadRow('vm', {
    labels: { app: 'web' },
    ips: ['192.0.2.9'],
    ports: [{ name: 'bytes', port, hostPort: undefined }],
  });
  mesh.apply({ external }, { server: byName });
  const profile = mesh.profile(`192.0.2.9:${port}`);
  expect(profile.value).toMatchObject({ isOpaque: false });
  mesh.apply({ server: { ...byName, podSelector: undefined, externalWorkloadSelector: byName.podSelector } });
  expect(profile.value).toMatchObject({ isOpaque: true });
  expect(watch().told).toEqual(detected);
});

test('a pod finds its Servers without looking at those of others', () => {
  let looks = 0;
  const servers = Array.from({ length: 500 }, (_, nth) => {
    const row = serverRow(`s${nth}`, `app-${nth}`, { port: { kind: 'number', port } });
    const podSelector = [...row.podSelector!];
    Object.defineProperty(podSelector, 'every', {
      value: (...args: Parameters<typeof podSelector.every>) => {
        looks++;
        return Array.prototype.every.apply(podSelector, args);
      },
    });
    return { ...row, podSelector };
  });
  resetTable(
    mesh.tables.servers,
    servers.map((row) => [row.id, row] as const),
  );
  for (let nth = 0; nth < 200; nth++) {
    const ip = `10.1.0.${nth}`;
    mesh.apply({ pod: podRow(`p${nth}`, { labels: { app: `app-${nth}` }, ips: [ip] }) });
    expect(mesh.profile(`${ip}:${port}`).value).toMatchObject({ isOpaque: true });
  }
  expect(looks).toBe(200);
});

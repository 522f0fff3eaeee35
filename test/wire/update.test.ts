import { describe, expect, test } from 'vitest';
import { nodeName, zone } from '../../src/core/ids.js';
import { createUpdateEncoder, maxUpdateBytes } from '../../src/wire/update.js';
import { decodeMessage } from '../kit/contract.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, nodeRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';

const encoder = createUpdateEncoder(undefined);

const decode = (messages: readonly Uint8Array[]): unknown[] =>
  messages.map((bytes) => decodeMessage('io.linkerd.proxy.destination.Update', bytes));

const web = { service: serviceRow('web') };

function bare(ipv4: number, port = 8080) {
  return {
    addr: { ip: { ip: 'ipv4', ipv4 }, port },
    weight: 10_000,
    metric_labels: { zone_locality: 'unknown' },
  };
}

const add = (...addrs: unknown[]) => ({
  update: 'add',
  add: { addrs, metric_labels: { namespace: 'shop', service: 'web' } },
});

const remove = (...ipv4s: number[]) => ({
  update: 'remove',
  remove: { addrs: ipv4s.map((ipv4) => ({ ip: { ip: 'ipv4', ipv4 }, port: 8080 })) },
});

const noEndpoints = (exists: boolean) => ({ update: 'no_endpoints', no_endpoints: exists ? { exists } : {} });

describe('a snapshot', () => {
  test('of a meshed pod carries its labels, identity, hint and reference', () => {
    const mesh = testMesh();
    mesh.apply(
      web,
      { node: nodeRow('n1', 'east') },
      {
        pod: podRow('web-1', {
          controlPlaneNamespace: 'conduit',
          podTemplateHash: 'h1',
          owner: { kind: 'Job', name: 'nightly' },
        }),
      },
    );
    const backend = podBackend('10.0.0.1', 'web-1', { zone: nodeRow('n', 'west').zone });
    mesh.apply({ slice: sliceRow('web', 'a', [backend]) });
    const name = 'default.shop.serviceaccount.identity.conduit.cluster.local';
    expect(decode(encoder.snapshot(mesh.client('web', { node: nodeName('n1') }).set))).toEqual([
      add({
        ...bare(0x0a000001),
        metric_labels: {
          pod: 'web-1',
          k8s_job: 'nightly',
          serviceaccount: 'default',
          control_plane_ns: 'conduit',
          pod_template_hash: 'h1',
          zone: 'west',
          zone_locality: 'remote',
        },
        tls_identity: { strategy: 'dns_like_identity', dns_like_identity: { name }, server_name: { name } },
        protocol_hint: { protocol: 'h2', h2: {} },
        resource_ref: {
          kind: 'resource',
          resource: { group: 'core', kind: 'Pod', name: 'web-1', namespace: 'shop' },
        },
      }),
    ]);
  });

  test('of an opaque port says where its proxy takes the transport, and of a skipped port neither hint nor identity', () => {
    const mesh = testMesh();
    const proxy = { inbound: 4143, own: [], skipped: [{ from: 9000, to: 9000 }] };
    mesh.apply(
      { service: serviceRow('web', { ports: [] }) },
      { pod: podRow('web-1', { controlPlaneNamespace: 'conduit', proxy }) },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const on = (port: number) => decode(encoder.snapshot(mesh.client('web', { port }).set));
    const hint = { protocol: 'opaque', opaque: {}, opaque_transport: { inbound_port: 4143 } };
    expect(on(3306)).toMatchObject([{ add: { addrs: [{ protocol_hint: hint, tls_identity: {} }] } }]);
    const [skipped] = on(9000) as { add: { addrs: object[] } }[];
    expect(Object.keys(skipped!.add.addrs[0]!).sort()).toEqual([
      'addr',
      'metric_labels',
      'resource_ref',
      'weight',
    ]);
  });

  test('of a bare address carries nothing that is not known', () => {
    const mesh = testMesh();
    mesh.apply(web, { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')]) });
    expect(decode(encoder.snapshot(mesh.client('web').set))).toEqual([add(bare(0x0a000001))]);
  });

  test('of nothing says whether the service exists', () => {
    const mesh = testMesh();
    mesh.apply(web);
    expect(decode(encoder.snapshot(mesh.client('web').set))).toEqual([noEndpoints(true)]);
    expect(decode(encoder.snapshot(mesh.client('api').set))).toEqual([noEndpoints(false)]);
  });

  test('that is large comes in pieces, each below the limit, which together are the set', () => {
    const mesh = testMesh();
    mesh.apply(web);
    for (let third = 0; third < 100; third++) {
      const backends = Array.from({ length: 250 }, (_, fourth) => bareBackend(`10.0.${third}.${fourth}`));
      mesh.tables.backends.apply(...entry(sliceRow('web', `s${third}`, backends)));
    }
    const messages = encoder.snapshot(mesh.client('web').set);
    expect(messages.length).toBeGreaterThan(1);
    expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(maxUpdateBytes);
    const ips = decode(messages).flatMap((message) =>
      (message as ReturnType<typeof add>).add.addrs.map(
        (addr) => (addr as ReturnType<typeof bare>).addr.ip.ipv4,
      ),
    );
    expect([ips.length, new Set(ips).size]).toEqual([25_000, 25_000]);
  });
});

describe('a delta', () => {
  test('adds first and then removes, and says nothing of what stays', () => {
    const mesh = testMesh();
    mesh.apply(web, { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1'), bareBackend('10.0.0.2')]) });
    const client = mesh.client('web');
    const told = client.set;
    mesh.apply({ slice: sliceRow('web', 'a', [bareBackend('10.0.0.2'), bareBackend('10.0.0.3')]) });
    expect(decode(encoder.delta(told, client.set))).toEqual([add(bare(0x0a000003)), remove(0x0a000001)]);
  });

  test('to a client in another zone tells what is nearer or farther by it, and nothing else', () => {
    const mesh = testMesh();
    const backends = [
      bareBackend('10.0.0.1', { zone: zone('a') }),
      bareBackend('10.0.0.2', { zone: zone('b') }),
      bareBackend('10.0.0.3'),
    ];
    mesh.apply(web, { slice: sliceRow('web', 'a', backends) });
    const client = mesh.client('web', { node: nodeName('n') });
    const sets = [client.set];
    for (const inZone of ['a', 'c', undefined]) {
      mesh.apply({ node: nodeRow('n', inZone) });
      sets.push(client.set);
    }
    const [unknown, inA, inC, unknownAgain] = sets;
    const told = (ipv4: number, locality: string) => ({
      ...bare(ipv4),
      metric_labels: { zone_locality: locality },
    });
    const first = (locality: string) => told(0x0a000001, locality);
    const second = (locality: string) => told(0x0a000002, locality);
    expect(decode(encoder.delta(unknown!, inA!))).toEqual([add(first('local'), second('remote'))]);
    expect(decode(encoder.delta(inA!, inC!))).toEqual([add(first('remote'))]);
    expect(decode(encoder.delta(inC!, unknownAgain!))).toEqual([add(first('unknown'), second('unknown'))]);
    expect(encoder.delta(unknown!, unknownAgain!)).toEqual([]);
  });

  test('of the last endpoint is a removal; of the service itself also says that it is gone', () => {
    const mesh = testMesh();
    const slice = { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')]) };
    mesh.apply(web, slice);
    const client = mesh.client('web');
    const full = client.set;
    mesh.apply({ slice: sliceRow('web', 'a', []) });
    const empty = client.set;
    mesh.tables.services.delete(web.service.id);
    mesh.engine.flush();
    const gone = client.set;
    expect(decode(encoder.delta(full, empty))).toEqual([remove(0x0a000001)]);
    expect(decode(encoder.delta(full, gone))).toEqual([remove(0x0a000001), noEndpoints(false)]);
    expect(decode(encoder.delta(empty, gone))).toEqual([noEndpoints(false)]);
    expect(decode(encoder.delta(gone, empty))).toEqual([noEndpoints(true)]);
    expect(decode(encoder.delta(gone, full))).toEqual([add(bare(0x0a000001))]);
    expect(encoder.delta(full, full)).toEqual([]);
  });
});

function entry(row: ReturnType<typeof sliceRow>) {
  return [row.id, row] as const;
}

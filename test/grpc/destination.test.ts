import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { zone } from '../../src/core/ids.js';
import { destinationServer } from '../kit/destination.js';
import { bareBackend, nodeRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { until } from '../kit/until.js';

const authority = 'web.shop.svc.cluster.local';
const web = { service: serviceRow('web') };

let server: Awaited<ReturnType<typeof destinationServer>>;

beforeEach(async () => {
  server = await destinationServer();
});

afterEach(async () => {
  await server.close();
});

function slice(...ips: readonly string[]) {
  return {
    slice: sliceRow(
      'web',
      'a',
      ips.map((ip) => bareBackend(ip)),
    ),
  };
}

describe('what can not be answered ends the call', () => {
  test.each([
    ['10.0.0.1:80', 'INVALID_ARGUMENT', 'IP queries not supported by Get API: host=10.0.0.1'],
    ['web:80', 'INVALID_ARGUMENT', expect.stringMatching(/^Invalid authority: web:80: expected /)],
    [
      'web.shop.svc.cluster.local:0',
      'INVALID_ARGUMENT',
      expect.stringMatching(/^Invalid authority: .*65535$/),
    ],
    ['api.shop.svc.cluster.local:80', 'NOT_FOUND', 'Service api.shop not found'],
    ['out.shop.svc.cluster.local:80', 'INVALID_ARGUMENT', expect.stringContaining('ExternalName')],
    [`${'a'.repeat(100_000)}:80`, 'INVALID_ARGUMENT', expect.stringMatching(/^.{0,999}$/s)],
  ])('%.40s', async (path, code, details) => {
    server.mesh.apply({ service: serviceRow('out', { type: 'ExternalName', ports: [] }) });
    expect(await server.get(path).next()).toEqual([{ end: { code, details } }]);
    expect(server.mesh.clientEndpoints.stats().keys).toBe(0);
  });

  test('an error of ours is told as such, without its cause', async () => {
    server.mesh.tables.services.get = () => {
      throw new Error('secret');
    };
    expect(await server.get(authority).next()).toEqual([
      { end: { code: 'INTERNAL', details: 'internal error' } },
    ]);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'error', err: expect.objectContaining({ message: 'secret' }) }),
    );
  });
});

describe('a stream', () => {
  test('opens with the whole set and goes on with what changes, additions first', async () => {
    server.mesh.apply(web, slice('10.0.0.1', '10.0.0.2'));
    const stream = server.get(authority);
    expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080', '10.0.0.2:8080'] }]);
    server.mesh.apply(slice('10.0.0.2', '10.0.0.3'));
    expect(await stream.next(2)).toEqual([{ add: ['10.0.0.3:8080'] }, { remove: ['10.0.0.1:8080'] }]);
  });

  test('opens with the statement that there is nothing', async () => {
    server.mesh.apply(web);
    const stream = server.get(authority);
    expect(await stream.next()).toEqual([{ noEndpoints: { exists: true } }]);
    server.mesh.apply(slice('10.0.0.1'));
    expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  });

  test('outlives its service and resumes with it', async () => {
    server.mesh.apply(web, slice('10.0.0.1'));
    const stream = server.get(authority);
    await stream.next();
    server.mesh.tables.services.delete(web.service.id);
    server.mesh.engine.flush();
    expect(await stream.next(2)).toEqual([{ remove: ['10.0.0.1:8080'] }, { noEndpoints: { exists: false } }]);
    server.mesh.apply(web);
    expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  });

  test('brings nothing for a change that alters nothing on the wire', async () => {
    server.mesh.apply(
      web,
      { pod: podRow('web-1') },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const stream = server.get(authority);
    await stream.next();
    server.mesh.apply(
      { pod: podRow('web-1', { nodeName: nodeRow('n9', undefined).name }) },
      { node: nodeRow('n9', 'east') },
      { service: serviceRow('web', { ports: [...web.service.ports, { name: 'admin', port: 81 }] }) },
      { slice: sliceRow('web', 'b', [bareBackend('10.0.0.7', { ready: false })]) },
    );
    server.mesh.apply({ slice: sliceRow('web', 'c', [bareBackend('10.0.0.8')]) });
    expect(await stream.next()).toEqual([{ add: ['10.0.0.8:8080'] }]);
  });

  test('of a client whose node moves is told each endpoint’s new locality', async () => {
    const backend = bareBackend('10.0.0.1', { zone: zone('east') });
    server.mesh.apply(web, { node: nodeRow('n1', 'east') }, { slice: sliceRow('web', 'a', [backend]) });
    const stream = server.get(authority, { contextToken: '{"nodeName":"n1"}' });
    await stream.next();
    server.mesh.apply({ node: nodeRow('n1', 'west') });
    expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  });

  test('that is cancelled leaves no subscription', async () => {
    server.mesh.apply(web);
    const stream = server.get(authority);
    await stream.next();
    expect(server.mesh.clientEndpoints.stats().subscribers).toBe(1);
    stream.cancel();
    await until(() => server.mesh.clientEndpoints.stats().subscribers === 0);
  });
});

async function encodings(): Promise<number | undefined> {
  const metric = await server.registry.getSingleMetric('conduit_destination_encodings_total')?.get();
  return metric?.values.find(({ labels }) => labels['rpc'] === 'Get')?.value;
}

describe('many streams', () => {
  test('share one encoding of each state and each step', async () => {
    server.mesh.apply(
      web,
      { node: nodeRow('n1', 'east') },
      { node: nodeRow('n2', 'east') },
      slice('10.0.0.1'),
    );
    const streams = Array.from({ length: 50 }, (_, nth) =>
      server.get(authority, { contextToken: `{"nodeName":"n${(nth % 2) + 1}"}` }),
    );
    for (const stream of streams) expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
    expect(await encodings()).toBe(1);
    server.mesh.apply(slice('10.0.0.2'));
    for (const stream of streams) {
      expect(await stream.next(2)).toEqual([{ add: ['10.0.0.2:8080'] }, { remove: ['10.0.0.1:8080'] }]);
    }
    expect(await encodings()).toBe(2);
  });

  test('do not wait for one that does not read, which is told the latest when it does', async () => {
    const many = (round: number) =>
      slice(...Array.from({ length: 500 }, (_, nth) => `10.${round}.${nth >> 8}.${nth & 255}`));
    server.mesh.apply(web, many(0));
    const slow = server.get(authority);
    await slow.next();
    slow.pause();
    const fast = server.get(authority);
    await fast.next();
    const rounds = 40;
    for (let round = 1; round <= rounds; round++) {
      server.mesh.apply(many(round % 250));
      await fast.next(2);
    }
    slow.resume();
    const last = many(rounds % 250)
      .slice.groups[0]!.backends.map(({ ip }) => `${ip}:8080`)
      .sort();
    await until(
      () => JSON.stringify(slow.told.findLast((told) => 'add' in told)) === JSON.stringify({ add: last }),
    );
    expect(slow.told.length).toBeLessThan(fast.told.length / 2);
  });
});

test('a client that takes nothing for too long has its stream reset, and costs nothing after that', async () => {
  const strict = await destinationServer({ limits: { stallTimeoutMs: 200, sweepMs: 20 } });
  try {
    const round = (nth: number) =>
      slice(...Array.from({ length: 500 }, (_, host) => `10.${nth}.${host >> 8}.${host & 255}`));
    strict.mesh.apply(web, round(0));
    const stalled = strict.get(authority);
    await stalled.next();
    stalled.pause();
    const healthy = strict.get(authority);
    await healthy.next();
    // More than the client's window holds.
    for (let nth = 1; nth < 20; nth++) {
      strict.mesh.apply(round(nth));
      await healthy.next(2);
    }
    await until(() => strict.mesh.clientEndpoints.stats().subscribers === 1);
    stalled.resume();
    await until(() => stalled.told.some((told) => 'end' in told));
    expect(stalled.told.at(-1)).toMatchObject({ end: { code: 'RESOURCE_EXHAUSTED' } });
    strict.mesh.apply(round(20));
    expect(await healthy.next(2)).toHaveLength(2);
  } finally {
    await strict.close();
  }
});

test('a server that drains ends its streams with UNAVAILABLE', async () => {
  const leaving = await destinationServer();
  leaving.mesh.apply(web, slice('10.0.0.1'));
  const stream = leaving.get(authority);
  await stream.next();
  const drained = leaving.server.drain({ graceMs: 5_000 });
  expect(await stream.next()).toEqual([
    { end: { code: 'UNAVAILABLE', details: 'proxy server: shutting down' } },
  ]);
  await drained;
  expect(leaving.mesh.clientEndpoints.stats().subscribers).toBe(0);
  await leaving.close();
});

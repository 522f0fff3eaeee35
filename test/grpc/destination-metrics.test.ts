import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EndpointSet } from '../../src/core/endpoint-set.js';
import { createDestinationMetrics } from '../../src/grpc/destination-metrics.js';
import { createUpdateEncoder } from '../../src/wire/update.js';
import { destinationServer } from '../kit/destination.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, nodeRow, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { until } from '../kit/until.js';

const web = serviceRow('web', { clusterIps: ['10.96.0.1'] });
const authority = 'web.shop.svc.cluster.local';

function slice(...ips: readonly string[]) {
  return {
    slice: sliceRow(
      'web',
      'a',
      ips.map((ip) => bareBackend(ip)),
    ),
  };
}

describe('over open streams', () => {
  let server: Awaited<ReturnType<typeof destinationServer>>;

  beforeEach(async () => {
    server = await destinationServer();
    server.mesh.apply({ service: web }, slice('10.0.0.1', '10.0.0.2'));
  });

  afterEach(async () => {
    await server.close();
  });

  /** The series of one metric: its labels in short, and its value. */
  async function series(name: string): Promise<Readonly<Record<string, number>>> {
    const metric = await server.registry.getSingleMetric(`conduit_destination_${name}`)?.get();
    return Object.fromEntries(
      metric!.values.map(({ labels: { rpc, namespace, service, port }, value }) => [
        [rpc, `${namespace}/${service}:${port}`].filter((part) => part !== undefined).join(' '),
        value,
      ]),
    );
  }

  test('each subject has its subscribers and its updates, by RPC', async () => {
    const streams = [
      server.get(authority),
      server.get(authority),
      server.getProfile(authority),
      server.getProfile('10.96.0.1'),
      server.getProfile('10.0.0.1:80'),
      server.getProfile('10.0.0.9:80'),
    ];
    for (const stream of streams) await stream.next();
    const subscribers = { 'Get shop/web:80': 2, 'GetProfile shop/web:80': 2, 'GetProfile /:': 2 };
    expect(await series('subscribers')).toEqual(subscribers);
    expect(await series('updates_total')).toEqual(subscribers);
    server.mesh.apply(slice('10.0.0.3'));
    await streams[0]!.next(2);
    await streams[1]!.next(2);
    expect(await series('updates_total')).toEqual({ ...subscribers, 'Get shop/web:80': 4 });
    expect(await series('conflations_total')).toEqual({
      'Get shop/web:80': 0,
      'GetProfile shop/web:80': 0,
      'GetProfile /:': 0,
    });
  });

  test('ports that the service doesn’t have, and pods, make no series of their own', async () => {
    server.mesh.apply({ pod: podRow('web-1', { ips: ['10.0.0.1'] }) });
    const streams = [1, 2, 3].flatMap((port) => [
      server.get(`${authority}:${port}`),
      server.getProfile(`${authority}:${port}`),
      server.getProfile(`10.0.0.1:${port}`),
    ]);
    for (const stream of streams) await stream.next();
    expect(await series('subscribers')).toEqual({ 'Get shop/web:': 3, 'GetProfile /:': 6 });
    expect(await series('endpoints')).toEqual({ 'shop/web:': 2 });
  });

  test('a service’s sets are counted once each, with the largest and the smallest', async () => {
    server.mesh.apply(
      { node: nodeRow('n1', 'east') },
      { node: nodeRow('n2', 'east') },
      { node: nodeRow('n3', 'west') },
      {
        slice: sliceRow('web', 'a', [
          bareBackend('10.0.0.1', { forZones: [nodeRow('', 'east').zone!] }),
          bareBackend('10.0.0.2', { forZones: [nodeRow('', 'east').zone!] }),
          bareBackend('10.0.0.3', { forZones: [nodeRow('', 'west').zone!] }),
        ]),
      },
    );
    const streams = ['n1', 'n2', 'n3'].map((node) =>
      server.get(authority, { contextToken: `{"nodeName":"${node}"}` }),
    );
    for (const stream of streams) await stream.next();
    expect(await series('snapshots')).toEqual({ 'shop/web:80': 2 });
    expect(await series('endpoints')).toEqual({ 'shop/web:80': 2 });
    expect(await series('endpoints_min')).toEqual({ 'shop/web:80': 1 });
  });

  test('series go with the last stream about their subject, and with the service', async () => {
    const names = [
      'subscribers',
      'updates_total',
      'conflations_total',
      'snapshots',
      'endpoints',
      'endpoints_min',
    ];
    const streams = [server.get(authority), server.getProfile(authority)];
    for (const stream of streams) await stream.next();
    server.mesh.tables.services.delete(web.id);
    server.mesh.engine.flush();
    await streams[0]!.next(2);
    expect([await series('endpoints'), await series('snapshots')]).toEqual([{}, {}]);
    for (const stream of streams) stream.cancel();
    await until(() => server.server.openCalls().length === 0);
    for (const name of names) expect([name, await series(name)]).toEqual([name, {}]);
  });

  test('a stream that takes nothing counts what it was never told', async () => {
    const many = (round: number) =>
      slice(...Array.from({ length: 1_000 }, (_, nth) => `10.${round}.${nth >> 8}.${nth & 255}`));
    server.mesh.apply(many(0));
    const stream = server.get(authority);
    await stream.next();
    stream.pause();
    for (let round = 1; round <= 40; round++) {
      server.mesh.apply(many(round));
      await new Promise(setImmediate);
    }
    const { 'Get shop/web:80': conflations } = await series('conflations_total');
    const { 'Get shop/web:80': updates } = await series('updates_total');
    expect(conflations).toBeGreaterThan(10);
    // The first state, one for each round that was told or conflated, but for the one that still waits.
    expect(conflations! + updates!).toBe(40);
    stream.resume();
    await until(async () => (await series('updates_total'))['Get shop/web:80'] === updates! + 1);
  });
});

describe('the lag', () => {
  const encoder = createUpdateEncoder(undefined);

  function lab() {
    const registry = new Registry();
    let nowMs = 100_000;
    const metrics = createDestinationMetrics(registry, {
      audiences: [],
      endpointSets: () => [],
      encodings: () => ({}),
      nowMs: () => nowMs,
    });
    const mesh = testMesh();
    mesh.apply({ service: web }, slice());
    const client = mesh.client('web');
    const timed = metrics.timed(encoder);
    return {
      timed,
      /** The set after the endpoints have become these, because of a change made at `triggeredAtMs`. */
      change: (triggeredAtMs: number | undefined, ...ips: readonly string[]): EndpointSet => {
        mesh.apply({ slice: { ...slice(...ips).slice, triggeredAtMs } });
        return client.set;
      },
      advance: (ms: number) => {
        nowMs += ms;
      },
      observed: async (): Promise<{ count: number; sum: number }> => {
        const metric = await registry.getSingleMetric('conduit_destination_lag_seconds')!.get();
        const of = (suffix: string) =>
          metric.values.find((value) => 'metricName' in value && String(value.metricName).endsWith(suffix));
        return { count: of('_count')?.value ?? 0, sum: of('_sum')?.value ?? 0 };
      },
    };
  }

  test('is from the change to its first encoding, once', async () => {
    const { timed, change, advance, observed } = lab();
    const [empty, first] = [change(undefined), change(99_500, '10.0.0.1')];
    timed.delta(empty, first);
    advance(5_000);
    timed.delta(empty, first);
    expect(await observed()).toEqual({ count: 1, sum: 0.5 });
    const second = change(104_000, '10.0.0.2');
    timed.delta(empty, second);
    expect(await observed()).toEqual({ count: 2, sum: 1.5 });
  });

  test('is not that of a first state, nor of a change that tells nothing', async () => {
    const { timed, change, observed } = lab();
    const first = change(1_000, '10.0.0.1');
    timed.snapshot(first);
    timed.delta(first, first);
    expect(await observed()).toEqual({ count: 0, sum: 0 });
  });

  test('is not counted again for a later change of something else', async () => {
    const { timed, change, observed } = lab();
    const first = change(99_000, '10.0.0.1');
    timed.delta(first, change(99_000, '10.0.0.2'));
    timed.delta(first, change(undefined, '10.0.0.3'));
    expect(await observed()).toEqual({ count: 0, sum: 0 });
  });

  test('of a change that was made in the future, by another clock, is none', async () => {
    const { timed, change, observed } = lab();
    timed.delta(change(undefined), change(200_000, '10.0.0.1'));
    expect(await observed()).toEqual({ count: 1, sum: 0 });
  });
});

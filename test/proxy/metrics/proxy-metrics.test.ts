import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { RequestEnd, Target } from '../../../src/proxy/metrics/observer.js';
import { createProxyMetrics } from '../../../src/proxy/metrics/proxy-metrics.js';

const target: Target = {
  ip: '10.0.0.1',
  port: 8080,
  address: '10.0.0.1:8080',
  authority: 'web.shop.svc.cluster.local:80',
  labels: new Map([
    ['deployment', 'web'],
    ['odd-name', 'x'],
  ]),
};

const labels =
  'direction="outbound",authority="web.shop.svc.cluster.local",target_addr="10.0.0.1:8080",target_ip="10.0.0.1",target_port="8080",tls="no_identity",no_tls_reason="not_provided_by_service_discovery",dst_deployment="web",dst_odd_name="x"';

const head = {
  version: '1.1',
  method: 'GET',
  scheme: 'http',
  authority: 'web',
  path: '/',
  fields: [],
  upgrade: undefined,
} as const;

const complete: RequestEnd = {
  status: 200,
  grpcStatus: undefined,
  classification: 'success',
  error: undefined,
  resetCode: undefined,
  trailers: [],
  requestBytes: 0,
  responseBytes: 0,
  sinceRequestMs: 3.5,
  sinceResponseMs: 1,
};

function lab() {
  const clock = { nowMs: 0 };
  const registry = new Registry();
  const { observer, sweep } = createProxyMetrics({ registry, nowMs: () => clock.nowMs });
  const request = (end: RequestEnd): void => {
    const client = { ip: '127.0.0.1', port: 5 };
    const started = observer.request({ direction: 'outbound', target, client, head, routeLabels: new Map() });
    started.ended(end);
  };
  const series = async (name: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
  return { clock, registry, observer, sweep, request, series };
}

describe('requests', () => {
  test('are counted with what is known of the target', async () => {
    const { request, series } = lab();
    request(complete);
    request(complete);
    expect(await series('request_total')).toEqual([`request_total{${labels}} 2`]);
    expect(await series('response_total')).toEqual([
      `response_total{${labels},status_code="200",classification="success"} 2`,
    ]);
  });

  test('have their times in linkerd2-proxy’s buckets', async () => {
    const { request, series } = lab();
    request(complete);
    request({ ...complete, sinceRequestMs: 45 });
    request({ ...complete, sinceRequestMs: 60_000 });
    const buckets = (await series('response_latency_ms_bucket')).map((line) => {
      const [, le, count] = /le="([^"]+)".* (\d+)$/.exec(line) ?? [];
      return `${le}:${count}`;
    });
    const below50 = '1:0 2:0 3:0 4:1 5:1 10:1 20:1 30:1 40:1';
    const below50_000 =
      '50:2 100:2 200:2 300:2 400:2 500:2 1000:2 2000:2 3000:2 4000:2 5000:2 10000:2 20000:2 30000:2 40000:2';
    expect(buckets.join(' ')).toBe(`${below50} ${below50_000} 50000:2 +Inf:3`);
    expect(await series('response_latency_ms_count')).toEqual([
      `response_latency_ms_count{${labels},status_code="200"} 3`,
    ]);
    expect(await series('response_latency_ms_sum')).toEqual([
      `response_latency_ms_sum{${labels},status_code="200"} 60048.5`,
    ]);
  });

  test('that got no answer, and statuses of gRPC, are told apart', async () => {
    const { request, series } = lab();
    request({ ...complete, status: undefined, classification: 'failure', error: 'connect' });
    request({ ...complete, grpcStatus: 14, classification: 'failure' });
    expect(await series('response_total')).toEqual([
      `response_total{${labels},classification="failure",error="connect"} 1`,
      `response_total{${labels},status_code="200",classification="failure",grpc_status="14"} 1`,
    ]);
  });

  test('that the client gave up before there was an answer are no responses', async () => {
    const { request, series } = lab();
    request({ ...complete, status: undefined, classification: undefined, error: 'cancelled' });
    expect(await series('response_total')).toEqual([]);
    expect(await series('request_total')).toHaveLength(1);
  });
});

test('connections are counted while they are open, and their bytes as they pass', async () => {
  const { observer, series } = lab();
  const passed = { read: 10, written: 20 };
  const connection = observer.connection({
    direction: 'outbound',
    peer: 'dst',
    remoteIp: '10.0.0.1',
    target,
    bytes: () => ({ ...passed }),
  });
  const of = async (name: string) => (await series(name)).map((line) => line.split(' ').at(-1));
  expect(await of('tcp_open_total')).toEqual(['1']);
  expect(await of('tcp_open_connections')).toEqual(['1']);
  expect([await of('tcp_read_bytes_total'), await of('tcp_write_bytes_total')]).toEqual([['10'], ['20']]);
  passed.read = 15;
  expect(await of('tcp_read_bytes_total')).toEqual(['15']);
  passed.written = 25;
  connection.closed('ECONNRESET');
  expect(await of('tcp_write_bytes_total')).toEqual(['25']);
  expect(await of('tcp_open_connections')).toEqual(['0']);
  expect(await series('tcp_close_total')).toEqual([
    `tcp_close_total{${labels},peer="dst",errno="ECONNRESET"} 1`,
  ]);
});

test('series that nothing changes for 10 minutes go, those of open connections stay', async () => {
  const { clock, observer, request, series, sweep } = lab();
  request(complete);
  observer.connection({
    direction: 'outbound',
    peer: 'dst',
    remoteIp: '10.0.0.1',
    target,
    bytes: () => ({ read: 0, written: 0 }),
  });
  clock.nowMs = 599_999;
  sweep();
  expect(await series('request_total')).toHaveLength(1);
  clock.nowMs = 600_000;
  sweep();
  expect(await series('request_total')).toEqual([]);
  expect(await series('response_latency_ms_bucket')).toEqual([]);
  expect(await series('tcp_open_connections')).toHaveLength(1);
  request(complete);
  expect(await series('request_total')).toEqual([`request_total{${labels}} 1`]);
});

test('JSON has the same as the text', async () => {
  const { registry, request } = lab();
  request(complete);
  const metrics = await registry.getMetricsAsJSON();
  expect(metrics.find((it) => it.name === 'response_latency_ms')?.values).toHaveLength(28);
});

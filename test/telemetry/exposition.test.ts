import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Direction, Measure, Tls } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { type ExpositionFormat, exposeReports } from '../../src/telemetry/exposition.js';
import type { Reporters } from '../../src/telemetry/reporters.js';
import { has } from '../kit/program.js';
import { apply, end, reporting, series } from './reports.js';

function exposed(reporters: Reporters, format: ExpositionFormat = 'text'): string {
  return [...exposeReports(reporters, { format, clusterDomain: 'cluster.local' })].join('');
}

/** The lines of samples. */
function samples(reporters: Reporters, format: ExpositionFormat = 'text'): string[] {
  return exposed(reporters, format)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const own =
  'namespace="shop",pod="web-1",deployment="web",serviceaccount="default",control_plane_ns="conduit",replicaset="web-5d4"';
const api =
  'authority="api.shop.svc.cluster.local:80",target_port="8080",target_ip="10.0.0.2",dst_service="api"';
const apiPod =
  'dst_namespace="shop",dst_pod="api-1",dst_deployment="api",dst_serviceaccount="default",dst_control_plane_ns="conduit",dst_replicaset="api-5d4"';

test('outbound: who asked, whom, by what name, and how it came out', () => {
  const { reporters, introduce, pods } = reporting();
  pods.set('10.0.0.2', end('api-1'));
  apply(introduce(), {
    series: [
      series(1, { measure: Measure.REQUESTS }),
      series(2, { tls: Tls.MUTUAL }),
      series(3, { outcome: { httpStatus: 200, grpcStatus: 14, isFailure: true }, route: 'GET /x' }),
      series(4, { measure: Measure.RESPONSE_LATENCY }),
      series(5, { measure: Measure.TCP_OPENS, tls: Tls.NONE }),
      series(6, { measure: Measure.TCP_OPEN_CONNECTIONS }),
    ],
    values: { 1: 7, 2: 4, 3: 2, 5: 3, 6: 1 },
    latencies: { 4: [1, 2, 0, 3] },
  });
  const start = `${own},direction="outbound"`;
  const latency = `${start},${api},${apiPod},status_code="200"`;
  expect(samples(reporters)).toEqual([
    `request_total{${start},${api},${apiPod}} 7`,
    `response_total{${start},tls="true",${api},${apiPod},classification="success",status_code="200"} 4`,
    `response_total{${start},${api.replace(',target_port', ',rt_route="GET /x",target_port')},${apiPod},classification="failure",status_code="200",grpc_status="14"} 2`,
    `response_latency_ms_bucket{${latency},le="10"} 1`,
    `response_latency_ms_bucket{${latency},le="100"} 3`,
    `response_latency_ms_bucket{${latency},le="1000"} 3`,
    `response_latency_ms_bucket{${latency},le="+Inf"} 6`,
    `response_latency_ms_sum{${latency}} 30`,
    `response_latency_ms_count{${latency}} 6`,
    `tcp_open_total{${start},tls="no_identity",${api},${apiPod},peer="dst"} 3`,
    `tcp_open_connections{${start},${api},${apiPod},peer="dst"} 1`,
  ]);
});

test('inbound: who asked, where that is known', () => {
  const { reporters, introduce, pods } = reporting();
  pods.set('10.0.0.3', end('web-9', { namespace: 'front' }));
  const inbound = { direction: Direction.INBOUND, authority: '', measure: Measure.TCP_READ_BYTES };
  apply(introduce(), {
    series: [
      series(1, { ...inbound, peerIp: '10.0.0.3' }),
      series(2, { ...inbound, peerIp: '192.0.2.1' }),
      series(3, { ...inbound, peer: undefined, port: 0 }),
    ],
    values: { 1: 5, 2: 6, 3: 7 },
  });
  const start = `tcp_read_bytes_total{${own},direction="inbound"`;
  expect(samples(reporters)).toEqual([
    `${start},target_port="8080",src_ip="10.0.0.3",src_namespace="front",src_pod="web-9",src_deployment="web",src_serviceaccount="default",src_control_plane_ns="conduit",src_replicaset="web-5d4",peer="src"} 5`,
    `${start},target_port="8080",src_ip="192.0.2.1",peer="src"} 6`,
    `${start},peer="src"} 7`,
  ]);
});

test('whom a service’s traffic was for is known by its name where the pod isn’t, and nothing is where it is no service', () => {
  const { reporters, introduce } = reporting();
  const requests = { measure: Measure.REQUESTS };
  apply(introduce(), {
    series: [series(1, requests), series(2, { ...requests, authority: 'example.org:443' })],
    values: { 1: 1, 2: 2 },
  });
  const start = `request_total{${own},direction="outbound"`;
  expect(samples(reporters)).toEqual([
    `${start},${api},dst_namespace="shop"} 1`,
    `${start},authority="example.org:443",target_port="8080",target_ip="10.0.0.2"} 2`,
  ]);
});

test('what clients write can’t break a line', () => {
  const { reporters, introduce } = reporting();
  const authority = 'a"b\\c\nd{}=,#';
  apply(introduce(), { series: [series(1, { measure: Measure.REQUESTS, authority })], values: { 1: 1 } });
  expect(samples(reporters)).toEqual([
    `request_total{${own},direction="outbound",authority="a\\"b\\\\c\\nd{}=,#",target_port="8080",target_ip="10.0.0.2"} 1`,
  ]);
});

test('each family has its heading once, whatever there is of it', () => {
  const { reporters } = reporting();
  const headings = exposed(reporters).match(/^# TYPE .*$/gm);
  expect(headings).toEqual([
    '# TYPE request_total counter',
    '# TYPE response_total counter',
    '# TYPE response_latency_ms histogram',
    '# TYPE tcp_open_total counter',
    '# TYPE tcp_close_total counter',
    '# TYPE tcp_open_connections gauge',
    '# TYPE tcp_read_bytes_total counter',
    '# TYPE tcp_write_bytes_total counter',
  ]);
});

test('OpenMetrics has counters’ families without _total, and whole bounds with a point', () => {
  const { reporters, introduce } = reporting();
  apply(introduce(), {
    series: [series(1), series(2, { measure: Measure.RESPONSE_LATENCY })],
    values: { 1: 1 },
    latencies: { 2: [1, 0, 0, 0] },
  });
  const text = exposed(reporters, 'openmetrics');
  expect(text).toContain('# HELP response Responses that ended');
  expect(text).toContain('# TYPE response counter\nresponse_total{');
  expect(text).toContain(',le="10.0"} 1\n');
  expect(text).toContain(',le="+Inf"} 1\n');
});

test('latencies differ by the HTTP status alone: no two series have the same labels', () => {
  const { reporters, introduce } = reporting();
  const latency = (grpcStatus: number) => ({
    measure: Measure.RESPONSE_LATENCY,
    outcome: { httpStatus: 200, grpcStatus, isFailure: grpcStatus > 0 },
  });
  apply(introduce(), {
    series: [series(1, latency(0)), series(2, latency(14))],
    latencies: { 1: [1, 0, 0, 0], 2: [2, 0, 0, 0] },
  });
  const labels = samples(reporters).map((line) => line.slice(0, line.lastIndexOf(' ')));
  expect(new Set(labels).size).toBe(labels.length);
});

test('proxies that are gone, and series that idle, are not told', () => {
  const { reporters, introduce, clock } = reporting();
  const reporter = introduce();
  const requests = { measure: Measure.REQUESTS };
  apply(reporter, {
    series: [series(1, requests), series(2, { ...requests, port: 9 })],
    values: { 1: 1, 2: 1 },
  });
  clock.nowMs += 599_000;
  apply(reporter, { sequence: 2, complete: false, values: { 2: 2 } });
  clock.nowMs += 2_000;
  expect(samples(reporters).length).toBe(1);
  reporters.leave(reporter);
  expect(samples(reporters).length).toBe(1);
  clock.nowMs += 61_000;
  expect(samples(reporters)).toEqual([]);
});

test('an address that passed to another pod begins at zero under the new name', () => {
  const { reporters, introduce, pods, clock } = reporting();
  pods.set('10.0.0.2', end('api-1'));
  const reporter = introduce();
  const of = [series(1), series(2, { measure: Measure.RESPONSE_LATENCY })];
  apply(reporter, { series: of, values: { 1: 10 }, latencies: { 2: [4, 0, 0, 0] } });
  pods.set('10.0.0.2', end('api-2'));
  clock.nowMs += 5_000;
  apply(reporter, { sequence: 2, complete: false, values: { 1: 13 }, latencies: { 2: [5, 0, 0, 1] } });
  const lines = samples(reporters);
  expect(lines.every((line) => line.includes('dst_pod="api-2"'))).toBe(true);
  expect(lines.map((line) => Number(line.slice(line.lastIndexOf(' '))))).toEqual([3, 1, 1, 1, 2, 10, 2]);
});

test('it comes in pieces, also where there is nothing to tell, and goes on through changes in between', () => {
  const { reporters, introduce } = reporting();
  const requests = { measure: Measure.REQUESTS };
  for (let nth = 0; nth < 30; nth++) {
    const of = Array.from({ length: 100 }, (_, port) => series(port + 1, { ...requests, port: port + 1 }));
    apply(introduce(`web-${nth}`), {
      series: of,
      values: Object.fromEntries(of.map(({ id }) => [id, id])),
    });
  }
  const pieces = [...exposeReports(reporters, { format: 'text', clusterDomain: 'cluster.local' })];
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(20_000);
  // 3,000 subjects, a thousand at a time, for each of the seven families that have nothing to tell.
  expect(pieces.length).toBeGreaterThan(50 + 7 * 3 - 1);

  const going = exposeReports(reporters, { format: 'text', clusterDomain: 'cluster.local' })[
    Symbol.iterator
  ]();
  let text = String(going.next().value);
  for (const reporter of reporters.all().slice(0, 20))
    apply(reporter, { sequence: 2, series: [], values: {} });
  for (let next = going.next(); next.done !== true; next = going.next()) text += next.value;
  const lines = text.split('\n').filter((line) => line.startsWith('request_total'));
  expect(lines.length).toBeGreaterThan(1_000);
  expect(new Set(lines).size).toBe(lines.length);
  expect(text.endsWith('\n')).toBe(true);
});

test.skipIf(!has('promtool'))(
  'promtool has nothing to say but of the names, which are linkerd2-proxy’s',
  () => {
    const { reporters, introduce, pods } = reporting();
    pods.set('10.0.0.2', end('api-1'));
    const measures = [1, 2, 3, 4, 5, 6, 7, 8] as const;
    for (const name of ['web-1', 'web-2']) {
      apply(introduce(name), {
        series: [
          ...measures.map((measure) => series(measure, { measure })),
          ...measures.map((measure) =>
            series(10 + measure, { measure, direction: Direction.INBOUND, authority: '' }),
          ),
        ],
        values: Object.fromEntries(
          [1, 2, 4, 5, 6, 7, 8].flatMap((id) => [
            [id, id],
            [id + 10, id],
          ]),
        ),
        latencies: { 3: [1, 2, 3, 4], 13: [1, 0, 0, 0] },
      });
    }
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: exposed(reporters),
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('response_latency_ms metric names should not contain abbreviated units\n');
  },
);

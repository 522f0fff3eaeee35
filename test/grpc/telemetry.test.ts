import { type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { podId } from '../../src/core/ids.js';
import {
  type Introduction,
  Measure,
  type ReportRequest,
  type ReportResponse,
  TelemetryClient,
} from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer } from '../../src/grpc/server.js';
import { createTelemetryService, type TelemetryOptions } from '../../src/grpc/telemetry.js';
import { ReportBook } from '../../src/proxy/report/report-book.js';
import { ReportObserver } from '../../src/proxy/report/report-observer.js';
import { Reporter } from '../../src/proxy/report/reporter.js';
import { Reporters } from '../../src/telemetry/reporters.js';
import { createReportingPods } from '../../src/telemetry/reporting-pods.js';
import { recordingLog } from '../kit/log.js';
import { testMesh } from '../kit/mesh.js';
import { podRow } from '../kit/rows.js';
import { until } from '../kit/until.js';
import { seededRandom } from '../proxy/balance/seeded-random.js';
import { requestEnd, requestStart } from '../proxy/observed.js';
import { grown, type PlainReport, series, told, toReport } from '../telemetry/reports.js';
import { type Fate, FaultyLink } from './faulty-link.js';

/** Reports over real sockets. Whoever calls here has the address 127.0.0.1. */

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function cluster() {
  const mesh = testMesh();
  cleanups.push(() => mesh.engine.close());
  mesh.apply(
    // As in the sandbox: pods that share a machine.
    ...[1, 2, 3].map((n) => ({ pod: podRow(`web-${n}`, { ips: [`127.1.0.${n}`] }) })),
    { pod: podRow('far-1', { ips: ['10.0.0.9'] }) },
    { pod: podRow('agent-1', { ips: ['10.9.0.1'], isOnHostNetwork: true, hostIps: ['127.0.0.1'] }) },
    { pod: podRow('agent-2', { ips: ['10.9.0.2'], isOnHostNetwork: true, hostIps: ['10.9.0.2'] }) },
    { pod: podRow('api-1', { ips: ['10.0.0.2'] }) },
  );
  return mesh;
}

/** A control plane, as far as telemetry goes. */
async function controlPlane(mesh = cluster(), options: Partial<TelemetryOptions> = {}) {
  const registry = new Registry();
  const pods = createReportingPods(mesh);
  const reporters = new Reporters({
    nowMs: () => Date.now(),
    pod: (id) => pods.pod(id),
    podAt: (ip) => pods.podAt(ip),
  });
  const server = await createGrpcServer({
    name: 'proxy',
    address: { host: '127.0.0.1', port: 0 },
    services: [createTelemetryService({ reporters, pods, registry, intervalMs: () => 2_500, ...options })],
    log: recordingLog().log,
    metrics: createGrpcMetrics(registry),
  });
  const close = (): Promise<unknown> => server.drain({ graceMs: 0, spreadMs: 0 });
  cleanups.push(close);
  return { mesh, reporters, registry, address: server.address, close };
}

const web1 = podId('shop', 'web-1');
const startedMs = BigInt(Date.now());

class Caller {
  readonly answers: ReportResponse[] = [];
  /** `CODE: details`; undefined while it goes on. */
  ended: string | undefined;
  readonly #call: ClientDuplexStream<ReportRequest, ReportResponse>;

  constructor(address: string) {
    const client = new TelemetryClient(address, credentials.createInsecure());
    cleanups.push(() => client.close());
    this.#call = client.report();
    this.#call.on('data', (response: ReportResponse) => this.answers.push(response));
    this.#call.on('error', ({ code, details }: ServiceError) => {
      this.ended = `${status[code]}: ${details}`;
    });
    this.#call.on('status', ({ code }: { code: status }) => {
      if (code === status.OK) this.ended = 'OK';
    });
  }

  introduce(fields: Partial<Introduction> = {}): this {
    const value = {
      namespace: 'shop',
      pod: 'web-1',
      epoch: startedMs,
      latencyBoundsMs: [10, 100, 1_000],
      ...fields,
    };
    this.#call.write({ message: { $case: 'introduction', value } });
    return this;
  }

  report(report: PlainReport): this {
    const value = toReport(report);
    this.#call.write({
      message: {
        $case: 'report',
        value: {
          sequence: 1n,
          complete: true,
          series: [],
          valueSeries: [],
          values: [],
          latencies: [],
          ended: [],
          ...value,
        },
      },
    });
    return this;
  }

  end(): this {
    this.#call.end();
    return this;
  }

  async answered(count: number): Promise<readonly [sequence: number, resendAll: boolean][]> {
    await until(() => this.answers.length >= count);
    return this.answers.map(({ sequence, resendAll }) => [Number(sequence), resendAll]);
  }
}

test('each message is answered in order, with the interval to keep', async () => {
  const { address, reporters, registry } = await controlPlane();
  const caller = new Caller(address).introduce();
  caller.report({ series: [series(1)], values: { 1: 10 } });
  caller.report({ sequence: 1, series: [series(1)], values: { 1: 99 } });
  caller.report({ sequence: 2, complete: false, values: { 1: 12, 5: 1 } });
  caller.report({ sequence: 3, series: [series(8)], values: { 8: 13 } });
  expect(await caller.answered(5)).toEqual([
    [0, false],
    [1, false],
    [1, false],
    [1, true],
    [3, false],
  ]);
  expect(caller.answers[4]?.interval).toEqual({ seconds: 2n, nanos: 500_000_000 });
  const reporter = reporters.get(web1);
  expect(reporter && told(reporter)).toEqual({ 'api-1 responses 200': 13 });
  const page = await registry.getSingleMetricAsString('conduit_telemetry_reports_total');
  expect(page.split('\n').filter((line) => line.startsWith('conduit_'))).toEqual([
    'conduit_telemetry_reports_total{outcome="applied"} 2',
    'conduit_telemetry_reports_total{outcome="repeated"} 1',
    'conduit_telemetry_reports_total{outcome="resend"} 1',
    'conduit_telemetry_reports_total{outcome="invalid"} 0',
  ]);
  caller.end();
  await until(() => caller.ended === 'OK' && reporter?.leftAtMs !== undefined);
});

describe('who reports is who connects', () => {
  test.each<[string, string, string]>([
    ['a pod that isn’t there', 'nobody', 'PERMISSION_DENIED: there is no pod shop/nobody'],
    [
      'a pod with another address',
      'far-1',
      'PERMISSION_DENIED: pod shop/far-1 does not have the address 127.0.0.1',
    ],
    [
      'a pod on another node’s network',
      'agent-2',
      'PERMISSION_DENIED: pod shop/agent-2 does not have the address 127.0.0.1',
    ],
  ])('%s is refused', async (_name, pod, expected) => {
    const { address, reporters } = await controlPlane();
    const caller = new Caller(address).introduce({ pod });
    expect(await until(() => caller.ended)).toBe(expected);
    expect(reporters.size).toBe(0);
  });

  test.each([
    ['a pod on this node’s network', 'agent-1'],
    ['a pod whose own address is a loopback one', 'web-2'],
  ])('%s is welcome', async (_name, pod) => {
    const { address } = await controlPlane();
    expect(await new Caller(address).introduce({ pod }).answered(1)).toEqual([[0, false]]);
  });

  test('a pod that comes to be known is welcome when it asks again', async () => {
    const { address, mesh } = await controlPlane();
    const early = new Caller(address).introduce({ pod: 'late-1' });
    expect(await until(() => early.ended)).toBe('PERMISSION_DENIED: there is no pod shop/late-1');
    mesh.apply({ pod: podRow('late-1', { ips: ['127.1.0.9'] }) });
    expect(await new Caller(address).introduce({ pod: 'late-1' }).answered(1)).toEqual([[0, false]]);
  });
});

test.each<[string, (caller: Caller) => Caller, string]>([
  [
    'a report before an introduction',
    (caller) => caller.report({ complete: true }),
    'INVALID_ARGUMENT: report: before an introduction',
  ],
  [
    'a second introduction',
    (caller) => caller.introduce().introduce(),
    'INVALID_ARGUMENT: introduction: a second one; expected a report',
  ],
  [
    'no name',
    (caller) => caller.introduce({ pod: '' }),
    'INVALID_ARGUMENT: introduction.pod: empty; expected the name of one',
  ],
  [
    'bounds that don’t ascend',
    (caller) => caller.introduce({ latencyBoundsMs: [1, 5, 5] }),
    'INVALID_ARGUMENT: introduction.latency_bounds_ms[2]: 5; expected a finite number that is above the one before, and above 0',
  ],
  [
    'a bound without end',
    (caller) => caller.introduce({ latencyBoundsMs: [1, Number.POSITIVE_INFINITY] }),
    'INVALID_ARGUMENT: introduction.latency_bounds_ms[1]: Infinity; expected a finite number that is above the one before, and above 0',
  ],
  [
    'too many bounds',
    (caller) =>
      caller.introduce({ latencyBoundsMs: Array.from({ length: 65 }, (_each, index) => index + 1) }),
    'INVALID_ARGUMENT: introduction.latency_bounds_ms: 65 bounds; expected at most 64',
  ],
  [
    'a number of a histogram',
    (caller) =>
      caller.introduce().report({
        series: [series(1), series(2, { measure: Measure.RESPONSE_LATENCY })],
        values: { 1: 7, 2: 3 },
      }),
    'INVALID_ARGUMENT: report.value_series[1]: 2; expected no histogram',
  ],
  [
    'too long a name of a service',
    (caller) => caller.introduce().report({ series: [series(1, { authority: 'x'.repeat(300) })] }),
    'INVALID_ARGUMENT: report.series[0]: authority: 300 characters; expected at most 270',
  ],
])('%s ends the call with the field named, and nothing of it is kept', async (_name, speak, expected) => {
  const { address, reporters } = await controlPlane();
  const caller = speak(new Caller(address));
  expect(await until(() => caller.ended)).toBe(expected);
  const reporter = reporters.get(web1);
  expect(reporter === undefined ? {} : told(reporter)).toEqual({});
});

test('who says nothing is not waited for', async () => {
  const { address } = await controlPlane(cluster(), { introductionMs: 20 });
  const silent = new Caller(address);
  expect(await until(() => silent.ended)).toBe(
    'INVALID_ARGUMENT: introduction: absent for 0.02 s; expected first',
  );
});

test('more proxies than there is room for are refused', async () => {
  const { address } = await controlPlane(cluster(), { maxCalls: 1 });
  await new Caller(address).introduce().answered(1);
  const second = new Caller(address).introduce({ pod: 'web-2' });
  expect(await until(() => second.ended)).toBe('RESOURCE_EXHAUSTED: 1 proxies report already');
});

test('a newer call of the same pod takes the place of the older, and its end leaves the newer alone', async () => {
  const { address, reporters } = await controlPlane();
  const older = new Caller(address).introduce();
  await older.report({ series: [series(1)], values: { 1: 10 } }).answered(2);
  const newer = new Caller(address).introduce();
  await newer.report({ series: [series(4)], values: { 4: 11 } }).answered(2);
  expect(await until(() => older.ended)).toBe('ABORTED: a newer call of the same pod has taken its place');
  const reporter = reporters.get(web1);
  expect(reporter?.leftAtMs).toBeUndefined();
  expect(reporter && told(reporter)).toEqual({ 'api-1 responses 200': 11 });
  await newer.report({ sequence: 2, complete: false, values: { 4: 12 } }).answered(3);
  expect(grown(reporters, 3_600_000)).toEqual({ 'web-1 → api-1': { successes: 12, latencies: 0 } });
});

test('totals are exact over a link that loses, repeats, delays and cuts, and over restarts of the control plane', async () => {
  const random = seededRandom(5);
  let isFaulty = true;
  const fate = (): Fate => {
    const roll = isFaulty ? random() : 1;
    if (roll < 0.05) return 'is lost';
    if (roll < 0.1) return 'comes twice';
    if (roll < 0.15) return 'comes late';
    return roll < 0.18 ? 'cuts the call' : 'passes';
  };
  const mesh = cluster();
  let plane = await controlPlane(mesh, { intervalMs: () => 1 });
  const link = await FaultyLink.listen({ upstream: () => plane.address, fate });
  cleanups.push(() => link.close());

  const proxies = [1, 2, 3].map((n) => {
    const book = new ReportBook({
      latencyBoundsMs: [10, 100],
      nowMs: () => performance.now(),
      epochMs: Date.now(),
    });
    const observer = new ReportObserver(book);
    const reporter = new Reporter({
      address: link.address,
      namespace: 'shop',
      pod: `web-${n}`,
      book,
      update: () => observer.update(),
      log: recordingLog().log,
      reports: new Counter({ name: 'r', help: 'x', labelNames: ['result'], registers: [new Registry()] }),
      limits: { minIntervalMs: 1, minRetryMs: 1, maxRetryMs: 5, answerMs: 30 },
    });
    cleanups.push(() => reporter.stop({ withinMs: 0 }));
    return { name: `web-${n}`, observer, asked: new Map<string, number>() };
  });
  const ask = (): void => {
    for (const { observer, asked } of proxies) {
      const ip = random() < 0.5 ? '10.0.0.2' : '10.0.0.9';
      observer
        .request(requestStart({ target: { ip, port: 8_080, address: `${ip}:8080` } }))
        .ended(requestEnd({ sinceRequestMs: random() * 200 }));
      asked.set(ip, (asked.get(ip) ?? 0) + 1);
    }
  };

  for (let round = 0; round < 3; round++) {
    const since = { ...link.counts };
    const isFull = (kind: Fate): boolean => link.counts[kind] - since[kind] >= 8;
    await until(
      () => {
        ask();
        return isFull('is lost') && isFull('comes twice') && isFull('comes late') && isFull('cuts the call');
      },
      { everyMs: 1, timeoutMs: 20_000 },
    );
    if (round === 2) break;
    await plane.close();
    plane = await controlPlane(mesh, { intervalMs: () => 1 });
  }
  isFaulty = false;

  const truth: Record<string, { successes: number; latencies: number }> = {};
  for (const { name, asked } of proxies) {
    for (const [ip, count] of asked) {
      const peer = ip === '10.0.0.2' ? 'api-1' : 'far-1';
      truth[`${name} → ${peer}`] = { successes: count, latencies: count };
    }
  }
  await until(() => {
    expect(grown(plane.reporters, 3_600_000)).toEqual(truth);
    return true;
  });
  for (const { name, asked } of proxies) {
    const reporter = plane.reporters.get(podId('shop', name));
    expect(reporter && told(reporter)).toMatchObject({
      'api-1 responses 200': asked.get('10.0.0.2'),
      'api-1 latency 200': asked.get('10.0.0.2'),
      'far-1 responses 200': asked.get('10.0.0.9'),
      'far-1 latency 200': asked.get('10.0.0.9'),
    });
  }
}, 30_000);

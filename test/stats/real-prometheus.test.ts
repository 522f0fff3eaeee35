import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gauge } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PodSelection } from '../../src/core/resource.js';
import type { HttpStats, StatSummaryResponse } from '../../src/gen/conduit/api/v1/api.js';
import { type AdminServer, createAdminServer } from '../../src/runtime/admin.js';
import { createLogger } from '../../src/runtime/log.js';
import { createRegistry } from '../../src/runtime/metrics.js';
import { createEmbeddedSource } from '../../src/stats/embedded-source.js';
import { createPrometheusSource } from '../../src/stats/prometheus-source.js';
import type { StatEdge } from '../../src/stats/stat-query.js';
import type { StatSource } from '../../src/stats/stat-source.js';
import { summarizeStats } from '../../src/stats/stat-summary.js';
import { exposeReports } from '../../src/telemetry/exposition.js';
import { decodeDurationMs } from '../../src/wire/duration.js';
import { has, type RunningProgram, start } from '../kit/program.js';
import { until } from '../kit/until.js';
import { question, selection, shop } from './shop.js';

const examples = 'examples/prometheus';
const windowMs = 10_000;

/** The example's configuration, for another target, and with samples as often as a short test needs them. */
function adapted(file: string, target: string): string {
  const text = readFileSync(file, 'utf8');
  const replaced = text
    .replace('127.0.0.1:9990', target)
    .replace('scrape_interval: 5s', 'scrape_interval: 250ms')
    .replace('evaluation_interval: 5s', 'evaluation_interval: 500ms');
  expect(replaced.match(/ms$/gm)?.length).toBe(2);
  expect(replaced).toContain(target);
  return replaced;
}

describe.skipIf(!has('prometheus') || !has('promtool'))('with a real Prometheus', () => {
  const { mesh, reporters, report } = shop(() => Date.now());
  let folder: string;
  let admin: AdminServer;
  let prometheus: RunningProgram;
  let url: string;
  let sources: { readonly embedded: StatSource; readonly prometheus: StatSource };
  let turns: NodeJS.Timeout;
  const startMs = Date.now();
  /** Numbers are linear in time: whenever they are looked at, they are as of then. */
  const tell = (): void => report((Date.now() - startMs) / 1_000);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conduit-test-'));
    tell();
    turns = setInterval(() => {
      tell();
      reporters.turn();
    }, 500);
    const registry = createRegistry({ version: '0' });
    new Gauge({ name: 'conduit_telemetry_series', help: 'h', registers: [registry] }).set(1);
    admin = await createAdminServer({
      address: { host: '127.0.0.1', port: 0 },
      registry,
      log: createLogger({ level: 'silent', format: 'json' }),
      readiness: () => ({ ready: true, conditions: [] }),
      moreMetrics: (format) => {
        tell();
        return exposeReports(reporters, { format, clusterDomain: 'cluster.local' });
      },
    });
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, adapted(join(examples, 'sandbox.yml'), admin.address));
    writeFileSync(join(folder, 'rules.yml'), readFileSync(join(examples, 'rules.yml')));
    prometheus = start('prometheus', [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--web.route-prefix=/prometheus',
    ]);
    const [, address] = await until(() => /msg="Listening on" address=(\S+)/.exec(prometheus.stderr()), {
      timeoutMs: 15_000,
      everyMs: 50,
      what: 'Prometheus to listen',
    });
    url = `http://${address}/prometheus/`;
    sources = {
      embedded: createEmbeddedSource({
        reporters,
        mesh,
        clusterDomain: 'cluster.local',
        nowMs: () => Date.now(),
      }),
      prometheus: createPrometheusSource({ url, mesh, timeoutMs: 10_000 }),
    };
    await until(async () => (await oldestSampleMs()) <= Date.now() - windowMs - 500, {
      timeoutMs: 30_000,
      everyMs: 200,
      what: 'samples of a whole window',
    });
  }, 60_000);

  afterAll(async () => {
    clearInterval(turns);
    await prometheus.end('SIGTERM');
    await admin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(expression: string): Promise<readonly { readonly value: readonly [number, string] }[]> {
    const response = await fetch(
      `${url}api/v1/query?${new URLSearchParams({ query: expression }).toString()}`,
    );
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result;
  }

  async function oldestSampleMs(): Promise<number> {
    const [oldest] = await ask('min(min_over_time(timestamp(response_total)[1m:250ms]))');
    return oldest === undefined ? Number.POSITIVE_INFINITY : Number(oldest.value[1]) * 1_000;
  }

  async function summary(
    source: StatSource,
    selections: readonly PodSelection[],
    edge?: StatEdge,
  ): Promise<StatSummaryResponse> {
    tell();
    const summarized = await summarizeStats(question(selections, edge, windowMs), { mesh, source });
    if (summarized.kind !== 'summary') throw new Error(summarized.problem);
    expect(summarized.response.incompleteBecause).toBe('');
    return summarized.response;
  }

  test.each<[string, readonly PodSelection[], StatEdge | undefined]>([
    [
      'every kind of resource',
      [
        selection('Namespace'),
        selection('Deployment'),
        selection('ReplicaSet'),
        selection('Job'),
        selection('Pod'),
        selection('Service'),
        selection('Authority'),
      ],
      undefined,
    ],
    [
      'who asks',
      [selection('Deployment'), selection('Job')],
      { kind: 'to', other: selection('Service', 'api') },
    ],
    [
      'whom they ask',
      [selection('Pod'), selection('Service'), selection('Authority'), selection('Namespace')],
      { kind: 'from', other: selection('Deployment', 'web') },
    ],
    [
      'pods with a label',
      [
        selection('Pod', undefined, { labels: [{ kind: 'in', label: 'nth', values: ['2'] }] }),
        selection('Pod', undefined, { labels: [{ kind: 'exists', label: 'none' }] }),
      ],
      undefined,
    ],
  ])('both sources tell the same: %s', async (_name, selections, edge) => {
    // A sample that a busy machine is late with makes one estimate wrong, and not those that come after.
    await until(
      async () => {
        const exact = rowsOf(await summary(sources.embedded, selections, edge));
        const estimates = rowsOf(await summary(sources.prometheus, selections, edge));
        expect(Object.keys(exact).length).toBeGreaterThan(0);
        expect(estimates).toEqual(
          Object.fromEntries(Object.entries(exact).map(([name, numbers]) => [name, aboutAll(numbers)])),
        );
        return true;
      },
      { timeoutMs: 10_000, everyMs: 200, what: 'the same from both' },
    );
  });

  test('the recording rules tell it too', async () => {
    const rules = [...readFileSync(join(examples, 'rules.yml'), 'utf8').matchAll(/- record: (\S+)/g)];
    expect(rules.length).toBeGreaterThan(10);
    for (const [, rule = ''] of rules) {
      const [value] = await until(async () => {
        const found = await ask(rule);
        return found.length > 0 ? found : undefined;
      });
      expect([rule, Number(value?.value[1])]).toEqual([rule, expect.closeTo(Number(value?.value[1]))]);
    }
    const [share] = await ask('namespace_deployment:response_success:ratio_rate1m{deployment="api"}');
    expect(Number(share?.value[1])).toBeCloseTo(0.9, 2);
  });

  test('it reads OpenMetrics, the whole of it', async () => {
    expect((await ask('up{job="conduit"}')).map(({ value }) => value[1])).toEqual(['1']);
    expect(prometheus.stderr()).not.toMatch(/level=(warn|error)/);
    const targets = await (await fetch(`${url}api/v1/targets`)).json();
    expect(targets).toMatchObject({ data: { activeTargets: [{ health: 'up', lastError: '' }] } });
  });

  test('what Prometheus refuses is told in its own words', async () => {
    const refused = createPrometheusSource({ url: url.replace('/prometheus', '/elsewhere'), mesh });
    expect(await refused.traffic(question(selection('Pod')))).toEqual({
      ok: false,
      problem: `Prometheus at ${new URL(url).host}: HTTP 404`,
    });
  });

  test('the examples are what promtool takes', () => {
    // Debian's Prometheus is built without what finds pods in Kubernetes.
    const inCluster = readFileSync(join(examples, 'prometheus.yml'), 'utf8').replace(
      / +kubernetes_sd_configs:\n.*\n.*\n.*\n/,
      '',
    );
    writeFileSync(join(folder, 'in-cluster.yml'), inCluster);
    const check = (...args: readonly string[]) =>
      spawnSync('promtool', ['check', ...args], { encoding: 'utf8' });
    expect(check('config', join(folder, 'in-cluster.yml'), join(examples, 'sandbox.yml'))).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(check('rules', join(examples, 'rules.yml'))).toMatchObject({ status: 0, stderr: '' });
  });
});

/** As people are shown them: by the second, by share, and in milliseconds. */
function rowsOf(response: StatSummaryResponse): Record<string, Record<string, number | undefined>> {
  const seconds = decodeDurationMs(response.window ?? { seconds: 0n, nanos: 0 }) / 1_000;
  return Object.fromEntries(
    response.tables.flatMap(({ rows }, table) =>
      rows.map(({ resource, pods, http, tcp }) => [
        `${table} ${resource?.namespace}/${resource?.name}`,
        {
          meshed: pods?.meshed,
          ...httpOf(http, seconds),
          open: tcp?.openConnections,
          read: tcp && tcp.readBytes / seconds,
          written: tcp && tcp.writtenBytes / seconds,
        },
      ]),
    ),
  );
}

function httpOf(http: HttpStats | undefined, seconds: number): Record<string, number | undefined> {
  if (http === undefined) return {};
  const all = http.successes + http.failures;
  return {
    rate: all / seconds,
    success: http.successes / all,
    mutual: http.mutualTls / all,
    p50: http.latencyP50Ms,
    p95: http.latencyP95Ms,
    p99: http.latencyP99Ms,
  };
}

function aboutAll(numbers: Record<string, number | undefined>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, about(value)]));
}

/** What is estimated of ten seconds of samples is off by what the machine is late at both ends. */
function about(value: number | undefined): unknown {
  return value === undefined
    ? undefined
    : expect.toSatisfy(
        (other: unknown) =>
          typeof other === 'number' && Math.abs(other - value) <= 0.04 * Math.abs(value) + 1e-9,
        `about ${value}`,
      );
}

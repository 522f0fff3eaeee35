import type { Mesh } from '../mesh/mesh.js';
import {
  type Allowance,
  createPrometheusClient,
  type PrometheusClient,
  type Sample,
} from './prometheus-client.js';
import {
  countOverTime,
  histogramQuantile,
  increase,
  type LabelMatcher,
  max,
  type PromQl,
  series,
  sumBy,
  union,
} from './promql.js';
import { type Plan, type Planned, planOf } from './prometheus-plan.js';
import type { StatQuery } from './stat-query.js';
import { rowKey, type SourceAnswer, type StatSource, type Traffic } from './stat-source.js';

export interface PrometheusSourceOptions {
  /** http or https, with the path that Prometheus is served under, if any, and user and password, if any. */
  readonly url: string;
  readonly mesh: Pick<Mesh, 'selectedPods'>;
  /** For all that one question asks. Default 2 s. */
  readonly timeoutMs?: number;
  /** Of all answers to one question. Default 16 MiB. */
  readonly maxBytes?: number;
}

/** How many queries of one question are under way at a time. Prometheus carries out 20 at a time by default. */
const maxQueries = 10;

/**
 * Numbers from a Prometheus, or anything with its API, that scrapes every replica of the control plane, or the proxies
 * themselves. Growth is estimated from samples, so counts need not be whole.
 */
export function createPrometheusSource(options: PrometheusSourceOptions): StatSource {
  const { url, mesh, timeoutMs = 2_000, maxBytes = 16_777_216 } = options;
  const client = createPrometheusClient({ url, timeoutMs });
  return {
    kind: 'prometheus',
    async traffic(query) {
      const plans = query.selections.map((selection) => planOf(selection, query.edge, mesh));
      const asked: Asked[] = [{ table: undefined, expression: scrapesOf(query.windowMs) }];
      for (const [table, plan] of plans.entries()) {
        if (!plan.ok) return plan;
        asked.push(...questionsOf(plan, query.windowMs).map((question) => ({ table, ...question })));
      }
      const answers = await askAll(client, asked, { timeoutMs, maxBytes });
      if (!answers.ok) return answers;
      return answerOf(query, plans, asked, answers);
    },
  };
}

/** One query, and what its answer is for. */
type Asked =
  | { readonly table: undefined; readonly expression: PromQl }
  | ({ readonly table: number } & Question);

type Question =
  | { readonly kind: 'responses'; readonly expression: PromQl }
  | { readonly kind: 'quantile'; readonly q: Quantile; readonly expression: PromQl }
  | { readonly kind: 'tcp'; readonly what: TcpNumber; readonly expression: PromQl };

type Quantile = 'p50' | 'p95' | 'p99';
type TcpNumber = 'connections' | 'openConnections' | 'readBytes' | 'writtenBytes';

const quantiles: Readonly<Record<Quantile, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

function questionsOf(plan: Plan, windowMs: number): readonly Question[] {
  const { parts, isOutbound } = plan;
  if (parts.length === 0) return [];
  const row = [...(plan.namespaceLabel === undefined ? [] : [plan.namespaceLabel]), plan.nameLabel];
  const peer: LabelMatcher = { kind: 'is', label: 'peer', value: isOutbound ? 'dst' : 'src' };
  const grown = (metric: string, more: readonly LabelMatcher[] = []): PromQl =>
    union(parts.map((part) => increase(series(metric, [...part, ...more]), windowMs)));
  const bytes = (metric: string): PromQl => sumBy(row, grown(metric, [peer]));
  const buckets = sumBy([...row, 'le'], grown('response_latency_ms_bucket'));
  // What a client's proxy reads from the other end is what that end wrote.
  const [read, written] = isOutbound
    ? ['tcp_write_bytes_total', 'tcp_read_bytes_total']
    : ['tcp_read_bytes_total', 'tcp_write_bytes_total'];
  return [
    {
      kind: 'responses',
      expression: sumBy([...row, 'classification', 'tls'], grown('response_total')),
    },
    ...(['p50', 'p95', 'p99'] as const).map(
      (q): Question => ({ kind: 'quantile', q, expression: histogramQuantile(quantiles[q], buckets) }),
    ),
    { kind: 'tcp', what: 'connections', expression: bytes('tcp_open_total') },
    { kind: 'tcp', what: 'readBytes', expression: bytes(read) },
    { kind: 'tcp', what: 'writtenBytes', expression: bytes(written) },
    {
      kind: 'tcp',
      what: 'openConnections',
      expression: sumBy(row, union(parts.map((part) => series('tcp_open_connections', [...part, peer])))),
    },
  ];
}

/** How often a control plane was scraped. */
function scrapesOf(windowMs: number): PromQl {
  return max(countOverTime(series('conduit_telemetry_series', []), windowMs));
}

interface Answers {
  readonly ok: true;
  /** Of each query. */
  readonly samples: readonly (readonly Sample[])[];
  readonly warnings: readonly string[];
}

/** All or nothing: the first that fails ends the others. */
async function askAll(
  client: PrometheusClient,
  asked: readonly Asked[],
  { timeoutMs, maxBytes }: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<Answers | { readonly ok: false; readonly problem: string }> {
  const failure = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), failure.signal]);
  const allowance: Allowance = { signal, bytesLeft: maxBytes };
  const samples: (readonly Sample[])[] = [];
  const warnings = new Set<string>();
  let problem: string | undefined;
  const pending = asked.entries();
  const askInTurn = async (): Promise<void> => {
    for (const [index, { expression }] of pending) {
      const answer = await client.query(expression, allowance);
      if (problem !== undefined) return;
      if (!answer.ok) {
        problem = answer.problem;
        failure.abort();
        return;
      }
      samples[index] = answer.samples;
      for (const warning of answer.warnings) warnings.add(warning);
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxQueries, asked.length) }, askInTurn));
  return problem === undefined ? { ok: true, samples, warnings: [...warnings] } : { ok: false, problem };
}

/** What is put together of one row. */
class RowNumbers {
  successes = 0;
  failures = 0;
  mutualTls = 0;
  readonly latencyMs: Partial<Record<Quantile, number>> = {};
  readonly tcp: Record<TcpNumber, number> = {
    connections: 0,
    openConnections: 0,
    readBytes: 0,
    writtenBytes: 0,
  };
}

function answerOf(
  { windowMs }: StatQuery,
  plans: readonly Planned[],
  asked: readonly Asked[],
  { samples, warnings }: Answers,
): SourceAnswer {
  const tables = plans.map(() => new Map<string, RowNumbers>());
  let scrapes = 0;
  for (const [index, question] of asked.entries()) {
    for (const sample of samples[index] ?? []) {
      if (question.table === undefined) {
        scrapes = sample.value;
        continue;
      }
      const [table, plan] = [tables[question.table], plans[question.table]];
      if (table === undefined || plan?.ok !== true) continue;
      const key = rowKey(labelOf(sample, plan.namespaceLabel), labelOf(sample, plan.nameLabel));
      const row = table.get(key) ?? new RowNumbers();
      table.set(key, row);
      add(row, question, sample);
    }
  }
  return {
    ok: true,
    tables: tables.map(toTable),
    windowMs,
    incompleteBecause: warnings[0] ?? scarcity(scrapes),
  };
}

function labelOf({ labels }: Sample, name: string | undefined): string {
  return name === undefined ? '' : (labels[name] ?? '');
}

function add(row: RowNumbers, question: Question, { labels, value }: Sample): void {
  switch (question.kind) {
    case 'responses':
      if (labels['classification'] === 'failure') row.failures += value;
      else row.successes += value;
      if (labels['tls'] === 'true') row.mutualTls += value;
      return;
    case 'quantile':
      row.latencyMs[question.q] = value;
      return;
    case 'tcp':
      row.tcp[question.what] = value;
  }
}

function toTable(rows: ReadonlyMap<string, RowNumbers>): ReadonlyMap<string, Traffic> {
  const table = new Map<string, Traffic>();
  for (const [key, { successes, failures, mutualTls, latencyMs, tcp }] of rows) {
    const { connections, openConnections, readBytes, writtenBytes } = tcp;
    const hasHttp = successes + failures > 0;
    const hasTcp = connections > 0 || openConnections > 0 || readBytes > 0 || writtenBytes > 0;
    if (!hasHttp && !hasTcp) continue;
    const { p50, p95, p99 } = latencyMs;
    table.set(key, {
      http: hasHttp ? { successes, failures, mutualTls, latencyMs: { p50, p95, p99 } } : undefined,
      tcp: hasTcp ? { openConnections, readBytes, writtenBytes } : undefined,
    });
  }
  return table;
}

/** Why growth can't be told of, or not well; empty where it can. */
function scarcity(scrapes: number): string {
  if (scrapes === 0) return 'Prometheus has no sample of a control plane in this window';
  return scrapes < 2
    ? 'Prometheus has one sample of the control plane in this window, and growth takes two'
    : '';
}

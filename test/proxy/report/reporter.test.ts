import { Counter, Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CallReports } from '../../../src/proxy/report/call-reports.js';
import { ReportBook } from '../../../src/proxy/report/report-book.js';
import { ReportObserver } from '../../../src/proxy/report/report-observer.js';
import { Reporter, type ReporterLimits } from '../../../src/proxy/report/reporter.js';
import { seededRandom } from '../balance/seeded-random.js';
import { recordingLog } from '../../kit/log.js';
import { until } from '../../kit/until.js';
import { requestEnd, requestStart } from '../observed.js';
import { type ReportConversation, ScriptedTelemetry } from './scripted-telemetry.js';
import { TelemetryLedger, total } from './telemetry-ledger.js';

/** Reports over real sockets, to a server that isn't of our making. */

const cleanups: (() => unknown)[] = [];
let lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const fast: Partial<ReporterLimits> = { minIntervalMs: 1, minRetryMs: 1, maxRetryMs: 5 };

function reporterTo(address: string, limits: Partial<ReporterLimits> = {}) {
  const book = new ReportBook({ latencyBoundsMs: [10], nowMs: () => performance.now(), epochMs: Date.now() });
  const observer = new ReportObserver(book);
  const { log, lines: told } = recordingLog('debug');
  lines = told;
  const reports = new Counter({
    name: 'reports',
    help: 'x',
    labelNames: ['result'],
    registers: [new Registry()],
  });
  const reporter = new Reporter({
    address,
    namespace: 'shop',
    pod: 'web-1',
    book,
    update: () => observer.update(),
    log,
    reports,
    limits: { ...fast, ...limits },
  });
  cleanups.push(() => reporter.stop({ withinMs: 0 }));
  const ask = (peer = 1): void => {
    const ip = `10.0.0.${peer}`;
    observer.request(requestStart({ target: { ip, address: `${ip}:8080` } })).ended(requestEnd());
  };
  const results = async () =>
    Object.fromEntries((await reports.get()).values.map(({ labels, value }) => [labels.result, value]));
  return { book, reporter, ask, results };
}

async function telemetry(
  onMessage: (conversation: ReportConversation) => void,
  port?: number,
): Promise<ScriptedTelemetry> {
  const server = await ScriptedTelemetry.listen(onMessage, port);
  cleanups.push(() => server.kill());
  return server;
}

/** Applies everything. */
function obliging(ledger: TelemetryLedger, intervalMs = 1) {
  return (conversation: ReportConversation): void => {
    const { introduction, report } = conversation;
    if (introduction !== undefined) ledger.introduce(introduction.epoch);
    if (report !== undefined) ledger.apply(report);
    conversation.answer(report?.sequence ?? 0n, { intervalMs });
  };
}

const requests = (ledger: TelemetryLedger): number =>
  Number(total([...ledger.grown].flatMap(([key, value]) => (key.includes('|REQUESTS|') ? [value] : []))));

test('introduces itself, waits for each answer, and reports changes', async () => {
  const server = await telemetry(() => {});
  const { ask, results } = reporterTo(server.address, { defaultIntervalMs: 1 });
  ask();
  const call = await until(() => server.conversations[0]);
  await until(() => call.received.length === 1);
  expect(call.introduction).toMatchObject({ namespace: 'shop', pod: 'web-1', latencyBoundsMs: [10] });
  call.answer(0);
  await until(() => call.received.length === 2);
  expect(call.report).toMatchObject({ sequence: 1n, complete: true, valueSeries: [1, 2], values: [1n, 1n] });
  ask();
  ask();
  call.answer(0);
  call.answer(7);
  expect(call.received).toHaveLength(2);
  call.answer(1);
  await until(() => call.received.length === 3);
  expect(call.report).toMatchObject({ sequence: 2n, complete: false, series: [], values: [3n, 3n] });
  call.answer(1, { resendAll: true });
  await until(() => call.received.length === 4);
  expect(call.report).toMatchObject({ sequence: 3n, complete: true, values: [3n, 3n] });
  expect(call.report?.series).toHaveLength(3);
  call.answer(3);
  await until(() => call.received.length > 4);
  expect(call.report).toMatchObject({ sequence: 4n, complete: false, series: [], values: [] });
  expect(await results()).toEqual({ applied: 2, refused: 1 });
  expect(lines.map(({ msg }) => msg)).toEqual(['reporting']);
});

test('keeps to the interval that the server says', async () => {
  const times: number[] = [];
  const server = await telemetry((conversation) => {
    times.push(performance.now());
    conversation.answer(conversation.report?.sequence ?? 0n, { intervalMs: 100 });
  });
  reporterTo(server.address, { minIntervalMs: 1 });
  await until(() => times.length === 4);
  const [, first = 0, second = 0, third = 0] = times;
  // A tenth is jitter.
  expect(Math.min(second - first, third - second)).toBeGreaterThan(88);
});

test('an answer that doesn’t come ends the call, and everything is told again', async () => {
  const ledger = new TelemetryLedger();
  let isSilent = true;
  const server = await telemetry((conversation) => {
    const { introduction, report } = conversation;
    if (introduction !== undefined) ledger.introduce(introduction.epoch);
    if (report !== undefined) ledger.apply(report);
    if (report === undefined || !isSilent) conversation.answer(report?.sequence ?? 0n, { intervalMs: 1 });
  });
  const { ask } = reporterTo(server.address, { answerMs: 50 });
  ask();
  await until(() => server.conversations[0]?.isOver);
  expect(server.conversations[0]?.received).toHaveLength(2);
  ask();
  isSilent = false;
  await until(() => requests(ledger) === 2 && lines.length === 2);
  expect(lines.map(({ msg, code }) => [msg, code])).toEqual([
    ['reports are not taken', 'DEADLINE_EXCEEDED'],
    ['reporting', undefined],
  ]);
});

test('a control plane that starts anew takes up the true numbers', async () => {
  const before = new TelemetryLedger();
  const server = await telemetry(obliging(before));
  const { ask } = reporterTo(server.address);
  ask();
  await until(() => requests(before) === 1);
  server.kill();
  ask();
  const after = new TelemetryLedger();
  await telemetry(obliging(after), server.port);
  ask();
  await until(() => requests(after) === 3, { timeoutMs: 10_000 });
  expect(requests(before)).toBe(1);
}, 15_000);

test('the last report has the last numbers', async () => {
  const ledger = new TelemetryLedger();
  const server = await telemetry(obliging(ledger, 900));
  const { ask, reporter, results } = reporterTo(server.address);
  await until(() => server.conversations[0]?.received.length === 2);
  await until(async () => (await results())['applied'] === 1);
  ask();
  await reporter.stop({ withinMs: 1_000 });
  expect(requests(ledger)).toBe(1);
  expect(server.conversations[0]?.isEnded).toBe(true);
});

test('stops in time, also where nobody answers', async () => {
  const server = await telemetry(() => {});
  const { reporter } = reporterTo(server.address);
  await until(() => server.conversations[0]?.received.length === 1);
  const startedMs = performance.now();
  await reporter.stop({ withinMs: 50 });
  expect(performance.now() - startedMs).toBeLessThan(500);
  const away = reporterTo('127.0.0.1:1');
  await away.reporter.stop({ withinMs: 50 });
});

test('a control plane without telemetry is asked again at times, quietly', async () => {
  const server = await telemetry((conversation) => conversation.fail('UNIMPLEMENTED', 'no such service'));
  reporterTo(server.address, { unimplementedMs: 20 });
  await until(() => server.conversations.length === 4);
  expect(lines).toMatchObject([{ level: 'debug', msg: 'reports are not taken', code: 'UNIMPLEMENTED' }]);
});

test('whatever a control plane does, the totals are exact in the end', async () => {
  const random = seededRandom(7);
  const ledger = new TelemetryLedger();
  let isWild = true;
  const server = await telemetry((conversation) => {
    const { introduction, report } = conversation;
    const chance = isWild ? random() : 1;
    if (chance < 0.05) return conversation.fail('UNAVAILABLE', 'shutting down');
    if (introduction !== undefined) ledger.introduce(introduction.epoch);
    if (report === undefined) return conversation.answer(0n, { intervalMs: 1 });
    if (chance < 0.1) {
      ledger.refuse(report);
      return conversation.answer(report.sequence - 1n, { intervalMs: 1, resendAll: true });
    }
    ledger.apply(report);
    if (chance < 0.15) return conversation.fail('UNAVAILABLE', 'its answer is lost');
    if (chance < 0.2) return undefined;
    if (chance < 0.3) conversation.answer(report.sequence - 1n);
    conversation.answer(report.sequence, { intervalMs: 1 });
    if (chance < 0.4) conversation.answer(report.sequence, { intervalMs: 1 });
  });
  const { ask, book } = reporterTo(server.address, { answerMs: 20 });
  let asked = 0;
  while (server.conversations.length < 30) {
    ask(1 + (asked++ % 5));
    await new Promise((resolve) => setImmediate(resolve));
  }
  isWild = false;
  await until(() => requests(ledger) === asked);
  const fresh = new TelemetryLedger();
  fresh.introduce(BigInt(book.epochMs));
  fresh.apply(new CallReports(book).next());
  expect(ledger.known).toEqual(fresh.known);
}, 20_000);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Measure } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { apply, end, grown, type PlainReport, reporting, series, told } from './reports.js';

const latency = { measure: Measure.RESPONSE_LATENCY };

test('numbers are what the proxy says, and grow by the difference', () => {
  const { reporters, introduce } = reporting();
  const reporter = introduce();
  expect(
    apply(reporter, {
      series: [series(1), series(2, latency)],
      values: { 1: 10 },
      latencies: { 2: [5, 3, 2, 0] },
    }),
  ).toEqual({ kind: 'applied' });
  expect(apply(reporter, { sequence: 2, complete: false, values: { 1: 14 } })).toEqual({ kind: 'applied' });
  expect(told(reporter)).toEqual({ '10.0.0.2 responses 200': 14, '10.0.0.2 latency 200': 10 });
  expect(grown(reporters, 60_000)).toEqual({ 'web-1 → 10.0.0.2': { successes: 14, latencies: 10 } });
});

test('what has been applied is not applied again, and older news is none', () => {
  const { introduce } = reporting();
  const reporter = introduce();
  apply(reporter, { series: [series(1)], values: { 1: 10 } });
  expect(apply(reporter, { sequence: 1, values: { 1: 99 } })).toEqual({ kind: 'repeated' });
  expect(apply(reporter, { sequence: 2, complete: false, values: { 1: 4 } })).toEqual({ kind: 'applied' });
  expect(told(reporter)).toEqual({ '10.0.0.2 responses 200': 10 });
});

test('a first report that isn’t complete, and a series that nobody declared, have everything asked for', () => {
  const { introduce } = reporting();
  const reporter = introduce();
  expect(apply(reporter, { complete: false, series: [series(1)], values: { 1: 10 } })).toEqual({
    kind: 'unknown-series',
  });
  apply(reporter, { series: [series(1)], values: { 1: 10 } });
  expect(apply(reporter, { sequence: 2, complete: false, values: { 1: 11, 7: 1 } })).toEqual({
    kind: 'unknown-series',
  });
  expect(told(reporter)).toEqual({ '10.0.0.2 responses 200': 10 });
  expect(reporter.sequence).toBe(1);
});

test.each<[string, PlainReport, string]>([
  [
    'an id twice',
    { series: [series(1), series(1)] },
    'report.series[1].id: 1; expected an id that no other series of the call has',
  ],
  [
    'a number of a histogram',
    { series: [series(1, latency)], values: { 1: 3 } },
    'report.value_series[0]: 1; expected no histogram',
  ],
  [
    'buckets of a number',
    { series: [series(1)], latencies: { 1: [1, 0, 0, 0] } },
    'report.latencies[0].series: 1; expected a histogram',
  ],
])('%s is refused with the field named, and nothing of the report is kept', (_name, report, problem) => {
  const { introduce } = reporting();
  const reporter = introduce();
  expect(
    apply(reporter, {
      ...report,
      series: [series(9, { port: 1 }), ...(report.series ?? [])].toReversed().toReversed(),
    }),
  ).toMatchObject({ kind: 'problem' });
  expect(apply(reporter, report)).toEqual({ kind: 'problem', problem });
  expect(told(reporter)).toEqual({});
});

test('a complete report that doesn’t declare what it tells of has everything asked for', () => {
  const { introduce } = reporting();
  const reporter = introduce();
  apply(reporter, { series: [series(1)], values: { 1: 10 } });
  expect(apply(reporter, { sequence: 2, values: { 1: 12 } })).toEqual({ kind: 'unknown-series' });
  expect(told(reporter)).toEqual({ '10.0.0.2 responses 200': 10 });
});

test('a call can’t declare without end, though what it declares finds no room', () => {
  const { introduce, reporters } = reporting({ limits: { maxSeriesPerProxy: 2 } });
  const reporter = introduce();
  const ports = (from: number, to: number) =>
    Array.from({ length: to - from }, (_each, index) => series(from + index, { port: 1 + from + index }));
  expect(apply(reporter, { series: ports(0, 8) })).toEqual({ kind: 'applied' });
  expect(apply(reporter, { sequence: 2, complete: false, series: ports(8, 9) })).toEqual({
    kind: 'problem',
    problem: 'report.series: 9; expected at most 8 that are not over',
  });
  expect(apply(reporter, { sequence: 2, complete: false, ended: [7] })).toEqual({ kind: 'applied' });
  expect(apply(reporter, { sequence: 3, complete: false, series: ports(8, 9) })).toEqual({ kind: 'applied' });
  expect(reporters).toMatchObject({ seriesCount: 2, rejected: 7 });
});

test('a new call takes up the known series; what it doesn’t declare is over', () => {
  const { introduce, reporters, clock } = reporting();
  const reporter = introduce();
  apply(reporter, { series: [series(1), series(2, { port: 9 })], values: { 1: 10, 2: 5 } });
  reporters.leave(reporter);
  clock.nowMs += 5_000;
  expect(introduce('web-1', { epochMs: clock.nowMs - 5_000 })).toBe(reporter);
  apply(reporter, { series: [series(7)], values: { 7: 12 } });
  expect(told(reporter)).toEqual({ '10.0.0.2 responses 200': 12 });
  expect(grown(reporters, 60_000)['web-1 → 10.0.0.2']?.successes).toBe(17);
  expect(reporters.seriesCount).toBe(1);
});

test('a proxy that was started anew counts from nothing', () => {
  const { introduce, reporters, clock } = reporting();
  apply(introduce(), { series: [series(1)], values: { 1: 10 } });
  clock.nowMs += 1_000;
  const second = introduce();
  apply(second, { series: [series(1)], values: { 1: 3 } });
  expect(told(second)).toEqual({ '10.0.0.2 responses 200': 3 });
  expect(grown(reporters, 60_000)['web-1 → 10.0.0.2']?.successes).toBe(13);
});

test('a series that was forgotten and comes back counts from nothing', () => {
  const { introduce, reporters, clock } = reporting();
  const reporter = introduce();
  apply(reporter, { series: [series(1)], values: { 1: 10 } });
  apply(reporter, { sequence: 2, complete: false, ended: [1] });
  expect(told(reporter)).toEqual({});
  apply(reporter, {
    sequence: 3,
    complete: false,
    series: [series(2, { epoch: BigInt(clock.nowMs + 10) })],
    values: { 2: 4 },
  });
  expect(told(reporter)).toEqual({ '10.0.0.2 responses 200': 4 });
  expect(grown(reporters, 60_000)['web-1 → 10.0.0.2']?.successes).toBe(14);
});

test('what grew before this process knew of it counts in windows that reach back to the epoch', () => {
  const { introduce, reporters, clock } = reporting();
  const reporter = introduce('web-1', { epochMs: clock.nowMs - 300_000 });
  apply(reporter, {
    series: [series(1), series(2, latency)],
    values: { 1: 100 },
    latencies: { 2: [50, 0, 0, 0] },
  });
  clock.nowMs += 1_000;
  apply(reporter, { sequence: 2, complete: false, values: { 1: 103 }, latencies: { 2: [52, 0, 0, 0] } });
  expect(grown(reporters, 60_000)).toEqual({ 'web-1 → 10.0.0.2': { successes: 3, latencies: 2 } });
  expect(grown(reporters, 600_000)).toEqual({ 'web-1 → 10.0.0.2': { successes: 103, latencies: 52 } });
});

test('an address that passes to another pod begins its numbers anew', () => {
  const { introduce, pods, clock, reporters } = reporting();
  pods.set('10.0.0.2', end('api-1'));
  const reporter = introduce();
  apply(reporter, {
    series: [series(1), series(2, latency)],
    values: { 1: 10 },
    latencies: { 2: [4, 0, 0, 0] },
  });
  pods.set('10.0.0.2', end('api-2'));
  clock.nowMs += 5_000;
  apply(reporter, { sequence: 2, complete: false, values: { 1: 13 }, latencies: { 2: [5, 0, 0, 0] } });
  expect(told(reporter)).toEqual({ 'api-2 responses 200': 3, 'api-2 latency 200': 1 });
  expect(grown(reporters, 60_000)).toEqual({
    'web-1 → api-1': { successes: 10, latencies: 4 },
    'web-1 → api-2': { successes: 3, latencies: 1 },
  });
});

test('a pod that is gone keeps its name on the numbers', () => {
  const { introduce, pods, clock } = reporting();
  pods.set('10.0.0.2', end('api-1'));
  const reporter = introduce();
  apply(reporter, { series: [series(1)], values: { 1: 10 } });
  pods.clear();
  clock.nowMs += 5_000;
  apply(reporter, { sequence: 2, complete: false, values: { 1: 11 } });
  expect(told(reporter)).toEqual({ 'api-1 responses 200': 11 });
});

test('what finds no room is counted, and the rest is kept', () => {
  const { introduce, reporters } = reporting({ limits: { maxSeriesPerProxy: 2, maxSeries: 3 } });
  const first = introduce();
  apply(first, { series: [1, 2, 3].map((id) => series(id, { port: id })), values: { 1: 1, 2: 2, 3: 3 } });
  expect(reporters.seriesCount).toBe(2);
  const second = introduce('web-2');
  apply(second, { series: [1, 2].map((id) => series(id, { port: id })), values: { 1: 1, 2: 2 } });
  expect(reporters).toMatchObject({ seriesCount: 3, rejected: 2 });
  // Room is made of those who have left.
  reporters.leave(first);
  apply(introduce('web-3'), { series: [series(1)], values: { 1: 5 } });
  expect(reporters.seriesCount).toBe(2);
  expect(reporters.get(first.pod)).toBeUndefined();
});

test('proxies that left, and series that idle, are shown for a while', () => {
  const { introduce, reporters, clock } = reporting();
  const reporter = introduce();
  apply(reporter, { series: [series(1)], values: { 1: 5 } });
  expect(reporters.shownSinceMs).toBe(clock.nowMs - 600_000);
  reporters.leave(reporter);
  clock.nowMs += 59_000;
  expect(reporters.shown()).toEqual([reporter]);
  clock.nowMs += 2_000;
  expect(reporters.shown()).toEqual([]);
  // It is remembered for as long as what it counted might be asked for: it may come back.
  clock.nowMs += 3_000_000;
  reporters.sweep();
  expect(reporters.all()).toEqual([reporter]);
  clock.nowMs += 3_000_000;
  reporters.sweep();
  expect(reporters.all()).toEqual([]);
  expect(reporters.seriesCount).toBe(0);
});

/** What may happen to a message on its way. */
type Fate = 'arrives' | 'is lost' | 'comes twice' | 'answer is lost';

test('totals are exact whatever becomes of reports and answers, and whenever the control plane starts anew', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('count' as const),
        series: fc.nat({ max: 4 }),
        by: fc.integer({ min: 1, max: 9 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('report' as const),
        fate: fc.constantFrom<Fate>('arrives', 'arrives', 'is lost', 'comes twice', 'answer is lost'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), back: fc.nat({ max: 5 }) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'pass' as const }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const startMs = 1_700_000_000_000;
      let plane = reporting({ startMs });
      let reporter = plane.introduce('web-1', { epochMs: startMs });
      const truth = [0, 0, 0, 0, 0];
      const acknowledged = new Set<number>();
      const sent: PlainReport[] = [];
      let sequence = 0;
      /** The proxy: after a doubt it opens a new call and tells everything. */
      let isNewCall = true;
      const send = (fate: Fate): void => {
        if (isNewCall) {
          reporter = plane.introduce('web-1', { epochMs: startMs });
          sequence = 0;
        }
        sequence += 1;
        const report: PlainReport = {
          sequence,
          complete: isNewCall,
          series: isNewCall ? truth.map((_value, id) => series(id, { port: 1 + id })) : [],
          values: Object.fromEntries(truth.map((value, id) => [id, value])),
        };
        sent.push(report);
        isNewCall = fate !== 'arrives' && fate !== 'comes twice';
        if (fate === 'is lost') return;
        for (let times = fate === 'comes twice' ? 2 : 1; times > 0; times--) {
          if (apply(reporter, report).kind === 'unknown-series') isNewCall = true;
        }
        acknowledged.add(sequence);
      };
      for (const each of steps) {
        switch (each.kind) {
          case 'count':
            truth[each.series] = (truth[each.series] ?? 0) + each.by;
            break;
          case 'report':
            send(each.fate);
            break;
          case 'replay': {
            const old = sent.at(-1 - each.back);
            if (old !== undefined) apply(reporter, old);
            break;
          }
          case 'restart':
            plane = reporting({ startMs: plane.clock.nowMs });
            reporter = plane.introduce('web-1', { epochMs: startMs });
            isNewCall = true;
            break;
          case 'pass':
            plane.clock.nowMs += 7_000;
            plane.reporters.turn();
        }
      }
      isNewCall = true;
      send('arrives');
      const values = [...reporter.subjects()].flatMap((subject) =>
        subject.series.map((one) => [subject.facts.port - 1, one.kind === 'count' ? one.value : -1]),
      );
      expect(values.sort(([a = 0], [b = 0]) => a - b)).toEqual(truth.map((value, id) => [id, value]));
      const sum = truth.reduce((total, value) => total + value, 0);
      expect(grown(plane.reporters, 3_600_000)['web-1 → 10.0.0.2']?.successes ?? 0).toBe(sum);
    }),
    { numRuns: 300 },
  );
});

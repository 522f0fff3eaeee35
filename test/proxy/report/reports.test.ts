import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Measure, Report } from '../../../src/gen/conduit/telemetry/v1/telemetry.js';
import type { ConnectionObserver } from '../../../src/proxy/metrics/observer.js';
import { CallReports } from '../../../src/proxy/report/call-reports.js';
import { ReportBook } from '../../../src/proxy/report/report-book.js';
import { ReportObserver } from '../../../src/proxy/report/report-observer.js';
import { requestEnd, requestStart } from '../observed.js';
import { keyOf, TelemetryLedger, total } from './telemetry-ledger.js';

const epochMs = 1_700_000_000_000;
const minute = 60_000;

function lab(maxBytes = 2_097_152) {
  const clock = { nowMs: 0 };
  const book = new ReportBook({ latencyBoundsMs: [10, 100], nowMs: () => clock.nowMs, epochMs, maxBytes });
  const observer = new ReportObserver(book);
  const ask = (peer = 1, end: Parameters<typeof requestEnd>[0] = {}): void => {
    const ip = `10.0.0.${peer}`;
    observer.request(requestStart({ target: { ip, address: `${ip}:8080` } })).ended(requestEnd(end));
  };
  const connect = (peer = 1) => {
    const bytes = { read: 0, written: 0 };
    const ip = `10.0.0.${peer}`;
    const { target } = requestStart({ target: { ip, address: `${ip}:8080` } });
    const opened = { direction: 'outbound', peer: 'dst', target, remoteIp: ip, bytes: () => bytes } as const;
    return { bytes, connection: observer.connection(opened) };
  };
  return { clock, book, observer, ask, connect };
}

const acknowledge = (sequence: bigint) => ({ sequence, interval: undefined, resendAll: false });
const refuse = { sequence: 0n, interval: undefined, resendAll: true };

/** `measure outcome` → numbers, of one report. */
function numbers(report: Report): Record<string, number[]> {
  const named = new Map(report.series.map((it) => [it.id, keyOf(it).split('|')] as const));
  const name = (id: number): string => {
    const [, measure = `#${id}`, , , , , outcome = ''] = named.get(id) ?? [];
    return `${measure} ${outcome}`.trim();
  };
  return Object.fromEntries([
    ...report.valueSeries.map((id, index) => [name(id), [Number(report.values[index])]] as const),
    ...report.latencies.map(({ series, counts }) => [name(series), counts.map(Number)] as const),
  ]);
}

describe('what is reported', () => {
  test('introduces the proxy', () => {
    expect(new CallReports(lab().book).introduction({ namespace: 'shop', pod: 'web-1' })).toEqual({
      namespace: 'shop',
      pod: 'web-1',
      epoch: BigInt(epochMs),
      latencyBoundsMs: [10, 100],
    });
  });

  test('everything at first, then what has changed since the last acknowledged report', () => {
    const { book, ask, connect, observer } = lab();
    const reports = new CallReports(book);
    ask(1, { sinceRequestMs: 10 });
    ask(1, { sinceRequestMs: 10.5, grpcStatus: 0 });
    const { bytes, connection } = connect();
    bytes.read = 5;
    observer.update();
    const first = reports.next();
    expect([first.sequence, first.complete, first.series.length]).toEqual([1n, true, 7]);
    expect(numbers(first)).toEqual({
      REQUESTS: [2],
      'RESPONSES 200 - success': [1],
      'RESPONSES 200 0 success': [1],
      'RESPONSE_LATENCY 200 - success': [1, 1, 0],
      TCP_OPEN_CONNECTIONS: [1],
      TCP_OPENS: [1],
      TCP_READ_BYTES: [5],
    });
    expect(reports.answered(acknowledge(1n))).toBe('applied');
    expect(reports.next()).toEqual({
      sequence: 2n,
      complete: false,
      series: [],
      valueSeries: [],
      values: [],
      latencies: [],
      ended: [],
    });
    reports.answered(acknowledge(2n));
    bytes.written = 7;
    connection.closed(undefined);
    const open = first.series.find((it) => it.measure === Measure.TCP_OPEN_CONNECTIONS)?.id;
    const third = reports.next();
    expect(numbers(third)).toEqual({ TCP_CLOSES: [1], TCP_WRITTEN_BYTES: [7], [`#${open}`]: [0] });
    expect(third.series).toHaveLength(2);
  });

  test('says whom traffic is with, on each side', () => {
    const { book, observer } = lab();
    const labels = new Map([['route', 'GET /a']]);
    observer.request(requestStart({ routeLabels: labels })).ended(requestEnd());
    observer.request(
      requestStart({
        direction: 'inbound',
        client: { ip: '::ffff:10.9.9.9', port: 4 },
        target: { ip: '127.0.0.1', port: 8080, authority: undefined! },
      }),
    );
    const bytes = () => ({ read: 0, written: 0 });
    const about = { direction: 'inbound', remoteIp: '10.9.9.9', bytes } as const;
    observer.connection({ ...about, peer: 'src', target: requestStart().target });
    observer.connection({ ...about, peer: 'dst', target: requestStart().target });
    const { series } = new CallReports(book).next();
    expect(series).toMatchObject([
      ...Array.from({ length: 3 }, () => ({
        direction: 2,
        authority: 'web.shop.svc.cluster.local:80',
        peer: { ip: { value: 0x0a000007 } },
        port: 8080,
        route: 'GET /a',
        tls: 1,
        epoch: 0n,
      })),
      ...[1, 8, 4].map((measure) => ({
        direction: 1,
        measure,
        peer: { ip: { value: 0x0a090909 } },
        port: 8080,
        route: '',
      })),
    ]);
  });

  test('a request whose client left is a request without a response; one without a response has no latency', () => {
    const { book, ask } = lab();
    ask(1, { classification: undefined, status: undefined, error: 'cancelled' });
    ask(1, { classification: 'failure', status: undefined, error: 'connect' });
    expect(numbers(new CallReports(book).next())).toEqual({ REQUESTS: [2], 'RESPONSES 0 - failure': [1] });
  });

  test('a report that is refused is made whole again', () => {
    const { book, ask } = lab();
    const reports = new CallReports(book);
    ask();
    reports.next();
    reports.answered(acknowledge(1n));
    ask();
    expect(reports.next().series).toHaveLength(0);
    expect(reports.answered(refuse)).toBe('refused');
    const again = reports.next();
    expect([again.sequence, again.complete, again.series.length]).toEqual([3n, true, 3]);
  });

  test('answers to something else change nothing', () => {
    const reports = new CallReports(lab().book);
    expect(reports.answered(acknowledge(0n))).toBe('other');
    reports.next();
    expect(reports.answered(acknowledge(0n))).toBe('other');
    expect(reports.answered(acknowledge(2n))).toBe('other');
    expect(reports.answered(acknowledge(1n))).toBe('applied');
    expect(reports.answered(acknowledge(1n))).toBe('other');
    expect(reports.next().complete).toBe(false);
  });
});

describe('what is forgotten', () => {
  test('are subjects that idle, once they are acknowledged', () => {
    const { book, ask, clock, connect } = lab();
    const reports = new CallReports(book);
    ask(1);
    connect(2);
    clock.nowMs = 10 * minute;
    book.sweep(10 * minute);
    expect(book.size).toBe(5);
    const ids = reports
      .next()
      .series.slice(0, 3)
      .map(({ id }) => id);
    reports.answered(acknowledge(1n));
    book.sweep(10 * minute);
    expect(book.size).toBe(2);
    const { ended, valueSeries } = reports.next();
    expect([ended, valueSeries]).toEqual([ids, []]);
    reports.answered(acknowledge(2n));
    ask(1);
    const { series, ended: none } = reports.next();
    expect(none).toEqual([]);
    expect(series.map(({ epoch }) => epoch)).toEqual(series.map(() => BigInt(epochMs + 10 * minute)));
    expect(ids).not.toContain(series[0]?.id);
  });
});

/** What may happen between a proxy and its control plane. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('request'),
      peer: fc.integer({ min: 1, max: 4 }),
      status: fc.constantFrom(200, 503),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open'), peer: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'close' }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'bytes' }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'report' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'lose report' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'lose answer' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'refuse' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'stale answer' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'idle' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' }) },
);

interface Step {
  readonly kind: string;
  readonly peer?: number;
  readonly status?: number;
}

/** Plays steps, and then lets the proxy say the rest. */
function play(steps: readonly Step[], { maxBytes, restarts }: { maxBytes?: number; restarts: boolean }) {
  const { clock, book, observer, ask, connect } = lab(maxBytes);
  let ledger = new TelemetryLedger();
  let reports: CallReports;
  const call = (): void => {
    reports = new CallReports(book);
    ledger.introduce(BigInt(epochMs));
  };
  call();
  const deliver = (): Report => {
    observer.update();
    return Report.decode(Report.encode(reports.next()).finish());
  };
  const open: { bytes: { read: number; written: number }; connection: ConnectionObserver }[] = [];
  const truth = { requests: 0, responses: 0, opens: 0, closes: 0, read: 0 };
  const run = ({ kind, peer = 1, status = 200 }: Step): void => {
    clock.nowMs += 1;
    switch (kind) {
      case 'request':
        ask(peer, { status, classification: status === 200 ? 'success' : 'failure' });
        truth.requests += 1;
        truth.responses += 1;
        return;
      case 'open':
        open.push(connect(peer));
        truth.opens += 1;
        return;
      case 'close': {
        const one = open.shift();
        if (one === undefined) return;
        one.connection.closed(undefined);
        truth.closes += 1;
        return;
      }
      case 'bytes':
        for (const { bytes } of open) {
          bytes.read += 3;
          truth.read += 3;
        }
        return;
      case 'report': {
        const report = deliver();
        ledger.apply(report);
        reports.answered(acknowledge(report.sequence));
        return;
      }
      case 'lose report':
        deliver();
        call();
        return;
      case 'lose answer':
        ledger.apply(deliver());
        call();
        return;
      case 'refuse':
        ledger.refuse(deliver());
        reports.answered(refuse);
        return;
      case 'stale answer': {
        const report = deliver();
        reports.answered(acknowledge(report.sequence - 1n));
        ledger.apply(report);
        reports.answered(acknowledge(report.sequence));
        reports.answered(acknowledge(report.sequence));
        return;
      }
      case 'idle':
        clock.nowMs += 11 * minute;
        book.sweep(10 * minute);
        return;
      case 'restart':
        if (!restarts) return;
        ledger = new TelemetryLedger();
        call();
    }
  };
  for (const each of steps) run(each);
  run({ kind: 'report' });
  return { book, ledger, truth };
}

function grownBy(ledger: TelemetryLedger): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, value] of ledger.grown) {
    const measure = key.split('|')[1]!;
    sums[measure] = (sums[measure] ?? 0) + Number(value);
  }
  return sums;
}

describe('whatever is lost, repeated or started anew', () => {
  const steps = fc.array(step, { maxLength: 60 });

  test.each([
    ['with room for all', 2_097_152],
    ['with room for few', 700],
    ['with room for none', 0],
  ])('nothing is lost or counted twice, %s', (_name, maxBytes) => {
    fc.assert(
      fc.property(steps, (these) => {
        const { ledger, truth } = play(these, { maxBytes, restarts: false });
        expect(grownBy(ledger)).toEqual(
          Object.fromEntries(
            Object.entries({
              REQUESTS: truth.requests,
              RESPONSES: truth.responses,
              RESPONSE_LATENCY: truth.responses,
              TCP_OPENS: truth.opens,
              TCP_CLOSES: truth.closes,
              TCP_READ_BYTES: truth.read,
            }).filter(([, value]) => value > 0),
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('a control plane, also one that has forgotten all, ends with the numbers of the book', () => {
    fc.assert(
      fc.property(steps, (these) => {
        const { ledger, book } = play(these, { restarts: true });
        const whole = new CallReports(book).next();
        const fresh = new TelemetryLedger();
        fresh.introduce(BigInt(epochMs));
        fresh.apply(whole);
        expect(ledger.known).toEqual(fresh.known);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a book that is full', () => {
  test('counts without details, and says how often', () => {
    const { book, ask } = lab(400);
    for (let peer = 1; peer <= 200; peer++) ask(peer, { status: 404, grpcStatus: 99 });
    const report = new CallReports(book).next();
    expect(report.series.length).toBeLessThan(10);
    const folded = report.series.filter(({ port }) => port === 0);
    expect(
      folded.map(({ measure, authority, peer, outcome }) => [measure, authority, peer, outcome]),
    ).toEqual([
      [3, '', undefined, { httpStatus: 400, grpcStatus: undefined, isFailure: false }],
      [2, '', undefined, { httpStatus: 400, grpcStatus: 2, isFailure: false }],
      [1, '', undefined, undefined],
    ]);
    expect(total(report.values)).toBe(400n);
    expect(book.folded).toBeGreaterThan(190);
  });

  test('of what attackers make up, stays within bounds', () => {
    const { book, observer } = lab(10_000);
    for (let index = 0; index < 5_000; index++) {
      const target = { authority: `${index}${'x'.repeat(9_000)}` };
      observer
        .request(requestStart({ target }))
        .ended(requestEnd({ status: 100 + (index % 900), grpcStatus: index % 1_000 }));
    }
    expect(Report.encode(new CallReports(book).next()).finish().length).toBeLessThan(30_000);
  });
});

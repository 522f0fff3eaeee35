import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Report, ReportRequest } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { type ReportColumns, ReportReader } from '../../src/telemetry/report-reader.js';

const buckets = 4;

function encode(report: Partial<Report>): Uint8Array {
  return ReportRequest.encode(
    ReportRequest.fromPartial({ message: { $case: 'report', value: report } }),
  ).finish();
}

/** What the reader made of it, as plain values. */
function plain({
  sequence,
  isComplete,
  declarations,
  values,
  valueSeries,
  valueNumbers,
  latencies,
  latencySeries,
  latencySums,
  counts,
  ended,
}: ReportColumns) {
  return {
    sequence,
    isComplete,
    declarations: declarations.map(({ id }) => id),
    values: [...valueSeries.subarray(0, values)].map((series, index) => [series, valueNumbers[index]]),
    latencies: [...latencySeries.subarray(0, latencies)].map((series, index) => ({
      series,
      sum: latencySums[index],
      counts: [...counts.subarray(index * buckets, (index + 1) * buckets)],
    })),
    ended,
  };
}

const u32 = fc.nat({ max: 2 ** 31 });
const reports = fc.record({
  sequence: fc.maxSafeNat(),
  complete: fc.boolean(),
  values: fc.array(fc.tuple(u32, fc.maxSafeNat()), { maxLength: 40 }),
  latencies: fc.array(
    fc.record({
      series: u32,
      counts: fc.array(fc.oneof(fc.nat({ max: 100 }), fc.maxSafeNat()), {
        minLength: buckets,
        maxLength: buckets,
      }),
      sumMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    }),
    { maxLength: 40 },
  ),
  series: fc.array(u32, { maxLength: 5 }),
  ended: fc.array(u32, { maxLength: 5 }),
});

function toReport({
  sequence,
  complete,
  values,
  latencies,
  series,
  ended,
}: typeof reports extends fc.Arbitrary<infer R> ? R : never): Partial<Report> {
  return {
    sequence: BigInt(sequence),
    complete,
    series: series.map((id) => ({
      id,
      direction: 1 as const,
      measure: 1 as const,
      authority: '',
      peer: undefined,
      port: 80,
      tls: 0 as const,
      outcome: undefined,
      route: '',
      epoch: 0n,
    })),
    valueSeries: values.map(([id]) => id),
    values: values.map(([, value]) => BigInt(value)),
    latencies: latencies.map(({ series: id, counts, sumMs }) => ({
      series: id,
      counts: counts.map(BigInt),
      sumMs,
    })),
    ended,
  };
}

test('reports are read as the generated code reads them, one after the other by the same reader', () => {
  const reader = new ReportReader();
  fc.assert(
    fc.property(reports, (report) => {
      expect(reader.read(encode(toReport(report)), buckets)).toEqual({ kind: 'report' });
      expect(plain(reader.report)).toEqual({
        sequence: report.sequence,
        isComplete: report.complete,
        declarations: report.series,
        values: report.values,
        latencies: report.latencies.map(({ series, counts, sumMs }) => ({ series, counts, sum: sumMs })),
        ended: report.ended,
      });
    }),
  );
});

test('whatever bytes come, they are read or refused', () => {
  const reader = new ReportReader();
  const damaged = fc
    .tuple(reports, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat())
    .map(([report, changes, cut]) => {
      const bytes = Uint8Array.from(encode(toReport(report)));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      expect(['introduction', 'report', 'problem']).toContain(reader.read(bytes, buckets).kind);
    }),
    { numRuns: 1_000 },
  );
});

test.each<[string, Uint8Array, string]>([
  ['nothing', new Uint8Array(), 'message: absent; expected an introduction or a report'],
  [
    'more numbers than series',
    encode({ valueSeries: [1], values: [1n, 2n] }),
    'report.values: 2 numbers; expected one for each of the 1 of value_series',
  ],
  [
    'a number that is too large',
    encode({ valueSeries: [1], values: [2n ** 60n] }),
    'report.values[0]: about 1152921504606847000; expected at most 2^53 - 1',
  ],
  [
    'too few buckets',
    encode({ latencies: [{ series: 1, counts: [1n], sumMs: 1 }] }),
    'report.latencies[0].counts: 1 numbers; expected 4, one for each bound of the introduction and one more',
  ],
  [
    'a sum that is no number',
    encode({ latencies: [{ series: 1, counts: [1n, 0n, 0n, 0n], sumMs: Number.NaN }] }),
    'report.latencies[0].sum_ms: NaN; expected a number that is not negative',
  ],
  [
    'half a message',
    encode({ sequence: 1n, ended: [1, 2, 3] }).subarray(0, 6),
    'report: a part is longer than the whole',
  ],
])('%s is refused, and the field is named', (_name, bytes, problem) => {
  expect(new ReportReader().read(bytes, buckets)).toEqual({ kind: 'problem', problem });
});

test('a series that can’t be is refused by its place', () => {
  const series = { ...ReportRequest.create(), id: 1, direction: 0, measure: 1 };
  const message = encode({ series: [series as never] });
  expect(new ReportReader().read(message, buckets)).toEqual({
    kind: 'problem',
    problem: 'report.series[0]: direction: 0; expected inbound (1) or outbound (2)',
  });
});

/** A report of these bytes. */
function reportOf(...body: readonly number[]): Uint8Array {
  return Uint8Array.from([0x12, body.length, ...body]);
}

test('numbers may come packed, one by one, and at greater length than they need; unknown fields are passed over', () => {
  const reader = new ReportReader();
  const parts = [
    // Sequence, twice: the last one counts.
    [0x08, 9, 0x08, 0x83, 0x80, 0x00],
    // Value series: one by one, one of them with the sign of a larger number, and packed.
    [0x20, 1, 0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x22, 2, 3, 4],
    // Unknown: a number, 64 bits, a text, 32 bits, and a group with another one in it.
    [0x78, 5, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 1, 65, 0x7d, 1, 2, 3, 4],
    [0x7b, 0x78, 1, 0x73, 0x74, 0x7c],
    [0x2a, 3, 10, 11, 12, 0x28, 13],
  ];
  const bytes = reportOf(...parts.flat());
  expect(reader.read(bytes, buckets)).toEqual({ kind: 'report' });
  expect(plain(reader.report)).toMatchObject({
    sequence: 3,
    values: [
      [1, 10],
      [2 ** 32 - 1, 11],
      [3, 12],
      [4, 13],
    ],
  });
});

test.each<[string, Uint8Array, string]>([
  ['a number that is cut off', reportOf(0x2a, 3, 1, 2, 0x80), 'report.values[2]: it ends too early'],
  [
    'a number of eleven bytes',
    reportOf(0x28, 1, 0x28, ...Array.from({ length: 11 }, () => 0x81)),
    'report.values[1]: a number has more than 10 bytes',
  ],
  [
    'a packed number beyond its field',
    reportOf(0x22, 2, 1, 0x80, 0x08, 1),
    'report.value_series[2]: a part is longer than the whole',
  ],
  [
    'a bucket that is too large',
    encode({ latencies: [{ series: 1, counts: [1n, 300n, 2n ** 60n, 70_000n], sumMs: 1 }] }),
    'report.latencies[0].counts[2]: about 1152921504606847000; expected at most 2^53 - 1',
  ],
  // What follows the field would end the number, be that a byte behind it or two.
  ...[
    [0x12, 4, 1, 1, 1, 0x80, 0x08, 1],
    [0x12, 4, 1, 1, 0x80, 0x80, 0x08, 1],
    [0x12, 5, 1, 1, 0x80, 0x80, 0x80, 0x08, 1],
  ].map((bytes): [string, Uint8Array, string] => [
    `a bucket of ${bytes.filter((byte) => byte === 0x80).length} bytes and more beyond its field`,
    reportOf(0x32, bytes.length, ...bytes),
    'report.latencies[0]: a part is longer than the whole',
  ]),
  [
    'a bucket that is not there',
    reportOf(0x32, 1, 0x10),
    'report.latencies[0]: a part is longer than the whole',
  ],
  [
    'a sequence that is too large',
    encode({ sequence: 2n ** 63n }),
    'report.sequence: about 9223372036854776000; expected at most 2^53 - 1',
  ],
  ['a field without a number', reportOf(0x00, 1), 'report: a field has the number 0'],
  ['the end of no group', reportOf(0x7c), 'report: a field is of no kind that there is'],
  ['a group that doesn’t end', reportOf(0x7b, 0x78, 1), 'report: it ends too early'],
  [
    'groups without end',
    reportOf(...Array.from({ length: 120 }, () => 0x7b)),
    'report: groups are too deep in each other',
  ],
])('%s is refused, and the place is named', (_name, bytes, problem) => {
  expect(new ReportReader().read(bytes, buckets)).toEqual({ kind: 'problem', problem });
});

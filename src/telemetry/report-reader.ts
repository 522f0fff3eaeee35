import type { Declaration } from './report.js';
import { readDeclaration, SeriesProblem } from './declaration-reader.js';
import { WireCursor, WireProblem } from './wire-cursor.js';

/** What a message is. */
export type Read =
  | { readonly kind: 'introduction'; readonly bytes: Uint8Array }
  /** It is in the reader's `report` until the next message is read. */
  | { readonly kind: 'report' }
  | { readonly kind: 'problem'; readonly problem: string };

/** How many of anything one report may hold: what fits into the largest message that is taken. */
const maxItems = 1_000_000;

/**
 * One report, in columns that are used again for the next one. `values[i]` is of the series `valueSeries[i]`; the buckets
 * of `latencySeries[i]` are in `counts` from `i * buckets` on.
 */
export interface ReportColumns {
  sequence: number;
  isComplete: boolean;
  declarations: Declaration[];
  values: number;
  valueSeries: Float64Array;
  valueNumbers: Float64Array;
  latencies: number;
  latencySeries: Float64Array;
  latencySums: Float64Array;
  counts: Float64Array;
  ended: number[];
}

/** Reads the messages of one call, after its introduction has said how many buckets there are. */
export class ReportReader {
  readonly report: ReportColumns = {
    sequence: 0,
    isComplete: false,
    declarations: [],
    values: 0,
    valueSeries: new Float64Array(16),
    valueNumbers: new Float64Array(16),
    latencies: 0,
    latencySeries: new Float64Array(16),
    latencySums: new Float64Array(16),
    counts: new Float64Array(16 * 26),
    ended: [],
  };
  readonly #cursor = new WireCursor();
  #numbers = 0;
  /** The number of the report's field that is being read; 0 outside of a report, -1 between its fields. */
  #field = 0;

  /** `buckets` counts the one without a bound. */
  read(bytes: Uint8Array, buckets: number): Read {
    const cursor = this.#cursor;
    cursor.open(bytes);
    this.#field = 0;
    try {
      let found: Read = { kind: 'problem', problem: 'message: absent; expected an introduction or a report' };
      while (cursor.at < cursor.end) {
        const tag = cursor.uint32();
        if (tag === introductionTag) {
          const until = cursor.length();
          found = { kind: 'introduction', bytes: bytes.subarray(cursor.at, until) };
          cursor.at = until;
        } else if (tag === reportTag) {
          this.#field = unknownField;
          const until = cursor.length();
          // Several parts of one message are one message.
          if (found.kind !== 'report') this.#clear();
          this.#readReport(until, buckets);
          found = aReport;
        } else {
          cursor.skip(tag);
        }
      }
      return found.kind === 'report' ? this.#checked(found) : found;
    } catch (error) {
      if (error instanceof WireProblem) {
        return { kind: 'problem', problem: `${this.#place()}: ${error.message}` };
      }
      if (error instanceof ReportProblem) return { kind: 'problem', problem: error.message };
      throw error;
    }
  }

  /** Where the cursor is, for a problem. */
  #place(): string {
    const { declarations, values, latencies, ended } = this.report;
    switch (this.#field) {
      case 0:
        return 'message';
      case 1:
        return 'report.sequence';
      case 2:
        return 'report.complete';
      case 3:
        return `report.series[${declarations.length}]`;
      case 4:
        return `report.value_series[${values}]`;
      case 5:
        return `report.values[${this.#numbers}]`;
      case 6:
        return `report.latencies[${latencies}]`;
      case 7:
        return `report.ended[${ended.length}]`;
      default:
        return 'report';
    }
  }

  #clear(): void {
    const { report } = this;
    report.sequence = 0;
    report.isComplete = false;
    report.declarations = [];
    report.values = 0;
    report.latencies = 0;
    report.ended = [];
    this.#numbers = 0;
  }

  #checked(found: Read): Read {
    const { values } = this.report;
    if (values !== this.#numbers) {
      return {
        kind: 'problem',
        problem: `report.values: ${this.#numbers} numbers; expected one for each of the ${values} of value_series`,
      };
    }
    return found;
  }

  #readReport(until: number, buckets: number): void {
    const cursor = this.#cursor;
    const outer = cursor.end;
    cursor.end = until;
    const { report } = this;
    while (cursor.at < until) {
      this.#field = unknownField;
      const tag = cursor.uint32();
      this.#field = tag >>> 3;
      switch (tag) {
        case 0x08:
          report.sequence = cursor.varint();
          if (report.sequence > Number.MAX_SAFE_INTEGER) tooLarge('report.sequence', report.sequence);
          break;
        case 0x10:
          report.isComplete = cursor.varint() !== 0;
          break;
        case 0x1a:
          this.#readSeries();
          break;
        case 0x20:
          this.#addValueSeries(cursor.uint32());
          break;
        case 0x22: {
          const end = cursor.length();
          while (cursor.at < end) this.#addValueSeries(cursor.uint32());
          cursor.close(end);
          break;
        }
        case 0x28:
          this.#addValue(cursor.varint());
          break;
        case 0x2a: {
          const end = cursor.length();
          while (cursor.at < end) this.#addValue(cursor.varint());
          cursor.close(end);
          break;
        }
        case 0x32:
          this.#readLatencies(buckets);
          break;
        case 0x38:
          report.ended.push(cursor.uint32());
          break;
        case 0x3a: {
          const end = cursor.length();
          while (cursor.at < end) report.ended.push(cursor.uint32());
          cursor.close(end);
          break;
        }
        default:
          this.#field = unknownField;
          cursor.skip(tag);
      }
    }
    this.#field = unknownField;
    cursor.close(until);
    this.#field = 0;
    cursor.end = outer;
  }

  #readSeries(): void {
    const cursor = this.#cursor;
    const end = cursor.length();
    const { declarations } = this.report;
    try {
      declarations.push(readDeclaration(cursor.bytes.subarray(cursor.at, end)));
    } catch (error) {
      if (!(error instanceof SeriesProblem)) throw error;
      throw new ReportProblem(`report.series[${declarations.length}]: ${error.message}`);
    }
    cursor.at = end;
  }

  #addValueSeries(id: number): void {
    const { report } = this;
    if (report.values === report.valueSeries.length) report.valueSeries = grown(report.valueSeries);
    report.valueSeries[report.values++] = id;
  }

  #addValue(value: number): void {
    const { report } = this;
    if (this.#numbers === report.valueNumbers.length) report.valueNumbers = grown(report.valueNumbers);
    if (value > Number.MAX_SAFE_INTEGER) tooLarge(`report.values[${this.#numbers}]`, value);
    report.valueNumbers[this.#numbers++] = value;
  }

  #readLatencies(buckets: number): void {
    const cursor = this.#cursor;
    const until = cursor.length();
    const { report } = this;
    const index = report.latencies;
    if (index === report.latencySeries.length) {
      report.latencySeries = grown(report.latencySeries);
      report.latencySums = grown(report.latencySums);
    }
    const first = index * buckets;
    while (first + buckets > report.counts.length) report.counts = grown(report.counts);
    const { counts } = report;
    let series = 0;
    let sum = 0;
    let filled = 0;
    cursor.largest = 0;
    while (cursor.at < until) {
      const tag = cursor.uint32();
      if (tag === 0x08) series = cursor.uint32();
      else if (tag === 0x19) sum = cursor.double();
      else if (tag === 0x12) {
        const end = cursor.length();
        filled += cursor.varints(end, counts, first + filled, buckets - filled);
        cursor.close(end);
      } else if (tag === 0x10) {
        filled += cursor.varints(cursor.at + 1, counts, first + filled, buckets - filled);
      } else cursor.skip(tag);
    }
    cursor.close(until);
    if (filled !== buckets) {
      throw new ReportProblem(
        `report.latencies[${index}].counts: ${filled} numbers; expected ${buckets}, one for each bound of the introduction and one more`,
      );
    }
    if (!(sum >= 0) || sum === Number.POSITIVE_INFINITY) {
      throw new ReportProblem(
        `report.latencies[${index}].sum_ms: ${sum}; expected a number that is not negative`,
      );
    }
    if (cursor.largest > Number.MAX_SAFE_INTEGER) {
      const bucket = counts.subarray(first).findIndex((count) => count > Number.MAX_SAFE_INTEGER);
      tooLarge(`report.latencies[${index}].counts[${bucket}]`, cursor.largest);
    }
    report.latencySeries[index] = series;
    report.latencySums[index] = sum;
    report.latencies += 1;
  }
}

const unknownField = -1;
const introductionTag = 0x0a;
const reportTag = 0x12;
const aReport: Read = { kind: 'report' };

class ReportProblem extends Error {}

function tooLarge(field: string, value: number): never {
  throw new ReportProblem(`${field}: about ${value}; expected at most 2^53 - 1`);
}

function grown(column: Float64Array): Float64Array {
  if (column.length * 2 > maxItems * 64) throw new WireProblem('it holds too much');
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}

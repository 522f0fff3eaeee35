import type { DeclaredSeries } from './declared-series.js';
import type { Declaration } from './report.js';
import type { ReportColumns } from './report-reader.js';
import type { Series } from './subject.js';

/** Why a report is not applied. */
export type Refusal =
  /** It speaks of series that nobody has declared, or isn't complete though it is the first: nothing of it is kept. */
  | { readonly kind: 'unknown-series' }
  /** It can't be: nothing of it is kept. */
  | { readonly kind: 'problem'; readonly problem: string };

/**
 * The series that the values and the latencies of a report are of. They are looked up once: what is known of a series costs
 * more to find than its numbers to read.
 */
export class FoundSeries {
  /** By their place in the report; what is behind its last is of no meaning. Undefined for what found no room. */
  readonly values: (Series | undefined)[] = [];
  readonly latencies: (Series | undefined)[] = [];

  /** Finds those that were declared before; the report's own declarations are looked at, and not in force as yet. */
  find(report: ReportColumns, declared: DeclaredSeries): Refusal | undefined {
    const { isComplete, declarations } = report;
    const declaring = declarations.length === 0 ? nothing : new Map<number, Declaration>();
    for (const [index, declaration] of declarations.entries()) {
      const { id } = declaration;
      if (declaring.has(id) || (declared.has(id) && !isComplete)) {
        return problem(`report.series[${index}].id`, id, 'an id that no other series of the call has');
      }
      declaring.set(id, declaration);
    }
    // A complete report begins with nothing declared.
    const known = isComplete ? undefined : declared;
    for (let index = 0; index < report.values; index++) {
      const id = report.valueSeries[index] ?? 0;
      const series = known?.get(id);
      this.values[index] = series;
      const kind = series === undefined ? kindOf(id, declaring, known) : series.kind;
      if (kind === undefined) return unknownSeries;
      if (kind === 'latency') return problem(`report.value_series[${index}]`, id, 'no histogram');
    }
    for (let index = 0; index < report.latencies; index++) {
      const id = report.latencySeries[index] ?? 0;
      const series = known?.get(id);
      this.latencies[index] = series;
      const kind = series === undefined ? kindOf(id, declaring, known) : series.kind;
      if (kind === undefined) return unknownSeries;
      if (kind === 'count') return problem(`report.latencies[${index}].series`, id, 'a histogram');
    }
    return undefined;
  }

  /** Once more, when the report's own declarations are in force. */
  findAgain(report: ReportColumns, declared: DeclaredSeries): void {
    for (let index = 0; index < report.values; index++) {
      this.values[index] = declared.get(report.valueSeries[index] ?? 0);
    }
    for (let index = 0; index < report.latencies; index++) {
      this.latencies[index] = declared.get(report.latencySeries[index] ?? 0);
    }
  }

  clear(): void {
    this.values.length = 0;
    this.latencies.length = 0;
  }
}

export function problem(field: string, value: number, expected: string): Refusal {
  return { kind: 'problem', problem: `${field}: ${value}; expected ${expected}` };
}

/** Most reports declare nothing. */
const nothing: Map<number, Declaration> = new Map();
const unknownSeries: Refusal = { kind: 'unknown-series' };

/** Of a series that the report declares itself, or that is known of and found no room. */
function kindOf(
  id: number,
  declaring: ReadonlyMap<number, Declaration>,
  known: DeclaredSeries | undefined,
): Series['kind'] | 'any' | undefined {
  const declaration = declaring.get(id);
  if (declaration !== undefined) return declaration.measure === 'latency' ? 'latency' : 'count';
  return known?.has(id) === true ? 'any' : undefined;
}

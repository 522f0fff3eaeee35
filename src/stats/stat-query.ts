import type { PodSelection } from '../core/resource.js';
import type { StatSummaryRequest } from '../gen/conduit/api/v1/api.js';
import { decodeDurationMs } from '../wire/duration.js';
import { readResourceSelection } from '../wire/resource.js';

/** What traffic is asked for. */
export interface StatQuery {
  readonly selections: readonly PodSelection[];
  readonly windowMs: number;
  readonly edge: StatEdge;
}

export type StatEdge =
  | { readonly kind: 'none' }
  /** What the selections asked of these. */
  | { readonly kind: 'to'; readonly other: PodSelection }
  /** What these asked of the selections. */
  | { readonly kind: 'from'; readonly other: PodSelection };

export type ReadStatQuery =
  | { readonly ok: true; readonly value: StatQuery }
  /** The field, its value, and what was expected. */
  | { readonly ok: false; readonly problem: string };

const minWindowMs = 10_000;
const maxWindowMs = 3_600_000;
const defaultWindowMs = 60_000;
const maxSelections = 100;

export function readStatQuery(request: StatSummaryRequest): ReadStatQuery {
  const { selections, window, edge } = request;
  if (selections.length === 0) return wrong('selections', 'none', 'at least one');
  if (selections.length > maxSelections) {
    return wrong('selections', String(selections.length), `at most ${maxSelections}`);
  }
  const windowMs = window === undefined ? defaultWindowMs : decodeDurationMs(window);
  if (windowMs < minWindowMs || windowMs > maxWindowMs) {
    return wrong('window', `${windowMs / 1_000} s`, 'from 10 s to 1 h');
  }
  const read: PodSelection[] = [];
  for (const [index, selection] of selections.entries()) {
    const field = `selections[${index}]`;
    const each = readResourceSelection(selection, field);
    if (!each.ok) return each;
    const problem = edge?.$case === 'to' ? askerProblem(each.value, field) : undefined;
    if (problem !== undefined) return problem;
    read.push(each.value);
  }
  if (edge === undefined) return { ok: true, value: { selections: read, windowMs, edge: { kind: 'none' } } };
  const other = readResourceSelection(edge.value, edge.$case);
  if (!other.ok) return other;
  const problem = edge.$case === 'from' ? askerProblem(other.value, 'from') : undefined;
  return (
    problem ?? {
      ok: true,
      value: { selections: read, windowMs, edge: { kind: edge.$case, other: other.value } },
    }
  );
}

/** Services and authorities are asked; what asks are pods. */
function askerProblem({ kind }: PodSelection, field: string): ReadStatQuery | undefined {
  return kind === 'Service' || kind === 'Authority'
    ? wrong(`${field}.kind`, kind, 'a workload, pod or namespace, which can ask for something')
    : undefined;
}

function wrong(field: string, value: string, expected: string): ReadStatQuery {
  return { ok: false, problem: `${field}: ${value}; expected ${expected}` };
}

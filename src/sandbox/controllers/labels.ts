import { listAt, stringMapAt } from '../store/field.js';
import { selectorMatches } from '../store/label-selector.js';

export type Labels = Readonly<Record<string, string>>;

/** Which labels a workload or a Service is about. An empty one, which the API has no meaning for, selects nothing. */
export interface LabelSelector {
  readonly isEmpty: boolean;
  /** Labels that every selected object has. */
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly selects: (labels: Labels) => boolean;
}

/** A meta/v1 LabelSelector: `matchLabels` and `matchExpressions`. */
export function labelSelectorOf(value: unknown): LabelSelector {
  const pairs = Object.entries(stringMapAt(value, 'matchLabels'));
  const matchExpressions = listAt(value, 'matchExpressions');
  const isEmpty = pairs.length + matchExpressions.length === 0;
  // Asked of every pod of a namespace, so the common case does without parsing anything.
  const meetsExpressions = (labels: Labels): boolean =>
    matchExpressions.length === 0 || selectorMatches({ matchExpressions }, labels);
  return {
    isEmpty,
    pairs,
    selects: (labels) =>
      !isEmpty && pairs.every(([key, wanted]) => labels[key] === wanted) && meetsExpressions(labels),
  };
}

/** The plain map of labels by which a core/v1 Service selects. */
export function mapSelectorOf(value: unknown): LabelSelector {
  return labelSelectorOf({ matchLabels: stringMapAt(value) });
}

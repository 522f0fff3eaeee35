import type { JsonNode, Problem } from './json-node.js';

/** What became of a raw object. */
export type Decoded<Row> =
  /** `warnings`: parts of the object that were left out because they make no sense. Mostly empty. */
  | { readonly kind: 'row'; readonly row: Row; readonly warnings: readonly Problem[] }
  /** The object is fine and of no use here: as good as absent. */
  | { readonly kind: 'irrelevant' }
  /** The object can't be understood; whoever has an earlier row of it keeps that. */
  | { readonly kind: 'malformed'; readonly problem: Problem };

/** Reads the fields that a row needs from one raw object, and is lenient about all others. Never throws. */
export type Decoder<Row> = (raw: JsonNode) => Decoded<Row>;

export const irrelevant: Decoded<never> = { kind: 'irrelevant' };

/** `row`, unless reading it from `raw` has met a problem. */
export function decoded<Row>(raw: JsonNode, row: Row, warnings: readonly Problem[] = none): Decoded<Row> {
  const [problem] = raw.problems;
  return problem === undefined ? { kind: 'row', row, warnings } : { kind: 'malformed', problem };
}

const none: readonly Problem[] = [];

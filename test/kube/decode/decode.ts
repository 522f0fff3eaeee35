import type { Decoded, Decoder } from '../../../src/kube/decode/decoded.js';
import { JsonNode } from '../../../src/kube/decode/json-node.js';
import { deepFreeze } from '../../kit/deep-freeze.js';

/** Decodes a raw object as it would come over the wire. The row is frozen. */
export function decodeRaw<Row>(decoder: Decoder<Row>, raw: unknown): Decoded<Row> {
  const result = decoder(JsonNode.root(JSON.parse(JSON.stringify(raw))));
  deepFreeze(result);
  return result;
}

/** The row alone, of an object that must be beyond reproach. */
export function rowOf<Row>(decoder: Decoder<Row>, raw: unknown): Row {
  const result = decodeRaw(decoder, raw);
  if (result.kind !== 'row' || result.warnings.length > 0) throw new Error(JSON.stringify(result));
  return result.row;
}

/** `raw` with the field at a dotted path replaced; undefined removes it. */
export function withField(raw: object, path: string, value: unknown): object {
  const copy: Record<string, unknown> = structuredClone({ ...raw });
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let at: Record<string, unknown> = copy;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  at[last] = value;
  return copy;
}

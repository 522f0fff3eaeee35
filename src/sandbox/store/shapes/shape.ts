/**
 * What a value looks like: which fields an object has and of which types, and how the members of a list are told apart.
 * From it follow what is a mistake in a manifest, how a strategic merge patch works, and what OpenAPI says.
 * Source: the Kubernetes API reference, https://kubernetes.io/docs/reference/kubernetes-api/
 */
export type Shape =
  | { readonly kind: 'text' }
  | { readonly kind: 'number' }
  | { readonly kind: 'flag' }
  /** A port that may be a name, a count that may be a percentage, a quantity that may be a bare number. */
  | { readonly kind: 'number-or-text' }
  /** Anything. */
  | { readonly kind: 'open' }
  | {
      readonly kind: 'object';
      readonly fields: Fields;
      /** Whether there may be other fields, of any shape. */
      readonly open: boolean;
    }
  /** An object whose field names are data, such as labels. */
  | { readonly kind: 'map'; readonly value: Shape }
  | { readonly kind: 'list'; readonly member: Shape; readonly merge: ListMerge };

/** How a strategic merge patch treats a list (`patchStrategy` and `patchMergeKey` in the reference). */
export type ListMerge =
  | { readonly kind: 'replace' }
  /** Members are told apart by this field. */
  | { readonly kind: 'by-key'; readonly key: string }
  /** Members are plain values, each of which occurs once. */
  | { readonly kind: 'set' };

type Fields = Readonly<Record<string, Shape>>;

const text: Shape = { kind: 'text' };
const number: Shape = { kind: 'number' };
const flag: Shape = { kind: 'flag' };
const numberOrText: Shape = { kind: 'number-or-text' };

export const open: Shape = { kind: 'open' };

/** Fields that hold text. Times are text too. */
export function texts(...names: readonly string[]): Fields {
  return fieldsOf(names, text);
}

export function numbers(...names: readonly string[]): Fields {
  return fieldsOf(names, number);
}

export function flags(...names: readonly string[]): Fields {
  return fieldsOf(names, flag);
}

export function numbersOrTexts(...names: readonly string[]): Fields {
  return fieldsOf(names, numberOrText);
}

/** Fields whose values can be anything here. */
export function opens(...names: readonly string[]): Fields {
  return fieldsOf(names, open);
}

/** Fields that hold lists of text. */
export function textLists(...names: readonly string[]): Fields {
  return fieldsOf(names, list(text));
}

/** An object with these fields and no others. */
export function object(...fields: readonly Fields[]): Shape {
  return { kind: 'object', fields: Object.assign({}, ...fields), open: false };
}

/** An object of which only these fields are known. */
export function openObject(...fields: readonly Fields[]): Shape {
  return { kind: 'object', fields: Object.assign({}, ...fields), open: true };
}

export function list(member: Shape): Shape {
  return { kind: 'list', member, merge: { kind: 'replace' } };
}

export function listBy(key: string, member: Shape): Shape {
  return { kind: 'list', member, merge: { kind: 'by-key', key } };
}

export const numberList: Shape = list(number);
export const textSet: Shape = { kind: 'list', member: text, merge: { kind: 'set' } };
export const textMap: Shape = { kind: 'map', value: text };
export const quantityMap: Shape = { kind: 'map', value: numberOrText };

function fieldsOf(names: readonly string[], shape: Shape): Fields {
  return Object.fromEntries(names.map((name) => [name, shape]));
}

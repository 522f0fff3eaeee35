/**
 * Whether two values of plain data (primitives, arrays, objects of such) are the same in every part, in both
 * directions: a field that only one of them has makes them different. Objects are compared by their own enumerable
 * fields, whatever their order; `undefined` and an absent field differ.
 *
 * Written for rows and derived values, which share most of their parts by identity: it decides those without looking
 * inside. It doesn't handle cycles, maps, sets or class instances.
 */
export function plainEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && arraysEqual(a, b, plainEqual);
  }
  return fieldsEqual(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>);
}

/** Whether two arrays have equal elements in the same order. */
export function arraysEqual<T>(
  a: readonly T[],
  b: readonly T[],
  equal: (a: T, b: T) => boolean = Object.is,
): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((element, index) => equal(element, b[index] as T));
}

function fieldsEqual(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  for (const name of names) {
    const value = b[name];
    if (value === undefined && !Object.hasOwn(b, name)) return false;
    if (!plainEqual(a[name], value)) return false;
  }
  return true;
}

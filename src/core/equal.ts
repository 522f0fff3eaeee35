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

/** Whether two arrays have equal elements in the same order. The same element is equal to itself without being asked about. */
export function arraysEqual<T>(
  a: readonly T[],
  b: readonly T[],
  equal: (a: T, b: T) => boolean = Object.is,
): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    const [element, other] = [a[index] as T, b[index] as T];
    if (!Object.is(element, other) && !equal(element, other)) return false;
  }
  return true;
}

// `for…in` and no lists of names: V8 keeps the names of an object's fields with its shape, and a table compares a
// hundred thousand rows when a list is done anew.
function fieldsEqual(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  let surplus = 0;
  for (const name in a) {
    const value = b[name];
    if (value === undefined && !Object.hasOwn(b, name)) return false;
    if (!plainEqual(a[name], value)) return false;
    surplus++;
  }
  for (const _ in b) surplus--;
  return surplus === 0;
}

/**
 * Reading fields of values whose shape nobody has checked. Each reader gives what is there if it has the type asked for,
 * and the empty value (undefined, or an empty list) if it hasn't.
 */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names and list indexes. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof step === 'number') {
      if (!Array.isArray(current)) return undefined;
      current = current[step];
    } else {
      // An own field only: `constructor` and the like must not be found.
      if (!isFields(current) || !Object.hasOwn(current, step)) return undefined;
      current = current[step];
    }
  }
  return current;
}

export function fieldsAt(value: unknown, ...path: readonly (string | number)[]): Fields | undefined {
  const found = at(value, ...path);
  return isFields(found) ? found : undefined;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function isTrueAt(value: unknown, ...path: readonly (string | number)[]): boolean {
  return at(value, ...path) === true;
}

/** The members of the list at the path, whatever they are. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The members of the list at the path that are objects. */
export function recordsAt(value: unknown, ...path: readonly (string | number)[]): readonly Fields[] {
  return listAt(value, ...path).filter(isFields);
}

/** The members of the map at the path whose values are strings: labels, annotations, selectors. */
export function stringMapAt(
  value: unknown,
  ...path: readonly (string | number)[]
): Readonly<Record<string, string>> {
  const found = fieldsAt(value, ...path);
  if (!found) return {};
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/**
 * A deeply frozen copy of `value` without the fields that are undefined or null: Kubernetes takes either for absent.
 * Parts that need no change are shared, not copied, so that a changed object costs only what changed.
 */
export function immutable<T>(value: T): T;
export function immutable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return immutableList(value);
  return immutableFields(value);
}

function immutableList(list: readonly unknown[]): readonly unknown[] {
  let copied = !Object.isFrozen(list);
  const copy: unknown[] = [];
  for (const member of list) {
    const kept = immutable(member);
    copied ||= kept !== member;
    copy.push(kept);
  }
  return copied ? Object.freeze(copy) : list;
}

function immutableFields(fields: object): object {
  let copied = !Object.isFrozen(fields);
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) {
      copied = true;
      continue;
    }
    const kept = immutable<unknown>(value);
    copied ||= kept !== value;
    // Assigning would call the setter that objects inherit under this one name.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value: kept, enumerable: true, configurable: true });
    else copy[name] = kept;
  }
  return copied ? Object.freeze(copy) : fields;
}

/**
 * `next`, with the parts of `previous` in place of those that are equal. Versions of an object then hold what they have in
 * common once. Both are deeply frozen.
 */
export function sharing<T>(next: T, previous: T): T;
export function sharing(next: unknown, previous: unknown): unknown {
  if (!isPlainObject(next) || !isPlainObject(previous)) return jsonEqual(next, previous) ? previous : next;
  const names = Object.keys(next);
  const shared = names.map((name) => [name, sharing(next[name], previous[name])] as const);
  const same =
    names.length === Object.keys(previous).length &&
    shared.every(([name, value]) => Object.hasOwn(previous, name) && value === previous[name]);
  return same ? previous : Object.freeze(Object.fromEntries(shared));
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are equal, whatever the order of their fields. An undefined field counts as absent. */
export function jsonEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((member, index) => jsonEqual(member, right[index]));
  }
  return isPlainObject(left) && isPlainObject(right) && fieldsEqual(left, right);
}

function fieldsEqual(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): boolean {
  const names = Object.keys(left).filter((name) => left[name] !== undefined);
  const others = Object.keys(right).filter((name) => right[name] !== undefined);
  if (names.length !== others.length) return false;
  return names.every((name) => Object.hasOwn(right, name) && jsonEqual(left[name], right[name]));
}

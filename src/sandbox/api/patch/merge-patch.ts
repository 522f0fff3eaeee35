import { type Fields, isFields } from '../../store/field.js';

/** Applies a JSON merge patch (RFC 7386): objects are merged, null removes, everything else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged = new Map(Object.entries(isFields(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, applyMergePatch(merged.get(name), value));
  }
  // Fields are defined rather than assigned, so one called `__proto__` is a field like any other.
  return Object.fromEntries(merged) satisfies Fields;
}

import type { KubeObject } from '../store/object.js';

/**
 * Reads each object at most once: objects in the store never change, so what was read of one stays true as long as it
 * lives.
 */
export function decoded<T>(decode: (object: KubeObject) => T): (object: KubeObject) => T {
  const known = new WeakMap<KubeObject, { readonly value: T }>();
  return (object) => {
    const found = known.get(object);
    if (found) return found.value;
    const value = decode(object);
    known.set(object, { value });
    return value;
  };
}

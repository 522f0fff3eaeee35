/** Makes every later change of a value, or of anything it holds, throw. */
export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return;
  if (value instanceof Map || value instanceof Set) {
    for (const method of ['set', 'add', 'delete', 'clear'])
      Object.defineProperty(value, method, { value: refuse });
    for (const member of value.values()) deepFreeze(member);
  }
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
}

function refuse(): never {
  throw new TypeError('a published collection was changed');
}

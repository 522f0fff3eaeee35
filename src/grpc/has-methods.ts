/**
 * Whether `value` is an object with all these methods: how what grpc-js and Node keep to themselves is looked for, before it is
 * used. What the methods take and return is for the caller to know.
 */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

import { type Fields, isFields } from '../../store/field.js';
import { jsonEqual } from '../../store/immutable.js';
import { type ListMerge, type Shape, open } from '../../store/shapes/shape.js';
import { type Patched, malformed, patched } from './result.js';

/**
 * Applies a strategic merge patch: a JSON merge patch that knows which lists are maps in disguise. Directives:
 * `$patch: replace | delete | merge`, `$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>`.
 * Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function applyStrategicMergePatch(target: unknown, patch: unknown, shape: Shape): Patched {
  if (!isFields(patch)) return malformed('a strategic merge patch must be an object');
  try {
    return patched(mergeFields(isFields(target) ? target : {}, patch, shape));
  } catch (error) {
    if (error instanceof PatchProblem) return malformed(error.message);
    throw error;
  }
}

/** Carries a problem out of the recursion, to the one place that catches it. */
class PatchProblem extends Error {}

const orderPrefix = '$setElementOrder/';
const removalPrefix = '$deleteFromPrimitiveList/';

function mergeFields(target: Fields, patch: Fields, shape: Shape): Fields {
  const directive = directiveOf(patch);
  if (directive === 'delete') return {};
  if (directive === 'replace') return withoutDirectives(patch);
  const merged = new Map(Object.entries(retained(target, patch['$retainKeys'])));
  for (const name of patchedNames(patch)) {
    const next = mergeField(name, merged.get(name), patch, fieldShape(shape, name));
    if (next === undefined) merged.delete(name);
    else merged.set(name, next);
  }
  return Object.fromEntries(merged);
}

/** The fields that a patch says something about, by themselves or through a directive about the list they hold. */
function patchedNames(patch: Fields): ReadonlySet<string> {
  const names = new Set<string>();
  for (const name of Object.keys(patch)) {
    if (name.startsWith(orderPrefix)) names.add(name.slice(orderPrefix.length));
    else if (name.startsWith(removalPrefix)) names.add(name.slice(removalPrefix.length));
    else if (name !== '$patch' && name !== '$retainKeys') names.add(name);
  }
  return names;
}

/** The new value of one field; undefined where it goes. */
function mergeField(name: string, target: unknown, patch: Fields, shape: Shape): unknown {
  const value = patch[name];
  if (value === null) return undefined;
  const order = listDirective(patch, `${orderPrefix}${name}`);
  const removals = listDirective(patch, `${removalPrefix}${name}`) ?? [];
  if (isFields(value)) {
    if (!isFields(target)) return mergeFields({}, value, shape);
    const merged = mergeFields(target, value, shape);
    return directiveOf(value) === 'delete' ? undefined : merged;
  }
  if (value !== undefined && !Array.isArray(value)) return value;
  if (shape.kind !== 'list' || shape.merge.kind === 'replace') return Array.isArray(value) ? value : target;
  const before = Array.isArray(target) ? target : undefined;
  if (before === undefined && value === undefined) return target;
  return mergeList(before ?? [], value ?? [], { ...shape, order, removals, name });
}

interface ListPatch {
  readonly member: Shape;
  readonly merge: ListMerge;
  readonly order: readonly unknown[] | undefined;
  readonly removals: readonly unknown[];
  readonly name: string;
}

function mergeList(
  target: readonly unknown[],
  patch: readonly unknown[],
  { member: memberShape, merge, order, removals, name }: ListPatch,
): readonly unknown[] {
  if (merge.kind !== 'by-key') {
    const kept = target.filter((member) => !includes(removals, member));
    const merged = [...kept, ...patch.filter((member) => !includes(kept, member))];
    return order ? reordered(merged, target, order, (member) => member) : merged;
  }
  const keyOf = (member: unknown): unknown => keyValue(member, merge.key, name);
  const members = patch.map((member) => ({ member, key: keyOf(member) }));
  if (members.some(({ member }) => directiveOf(member) === 'replace')) {
    return members.flatMap(({ member }) => (isDirectiveOnly(member) ? [] : [withoutDirectives(member)]));
  }
  const merged: unknown[] = [...target];
  for (const { member, key } of members) {
    const index = merged.findIndex((one) => jsonEqual(keyOf(one), key));
    if (directiveOf(member) === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index >= 0)
      merged[index] = mergeFields(fieldsOf(merged[index]), fieldsOf(member), memberShape);
    else merged.push(mergeFields({}, fieldsOf(member), memberShape));
  }
  return order ? reordered(merged, target, order, keyOf) : merged;
}

/**
 * Puts the members that `order` names in its order. A member that the patch's author didn't know of goes before the first
 * named one that it stood before on the server, and otherwise to the end.
 */
function reordered(
  merged: readonly unknown[],
  target: readonly unknown[],
  order: readonly unknown[],
  keyOf: (member: unknown) => unknown,
): readonly unknown[] {
  const wanted = order.map(keyOf);
  const known = target.map(keyOf);
  const place = (member: unknown, keys: readonly unknown[]): number =>
    keys.findIndex((key) => jsonEqual(key, keyOf(member)));
  const named = merged
    .filter((member) => place(member, wanted) >= 0)
    .sort((left, right) => place(left, wanted) - place(right, wanted));
  const others = merged.filter((member) => place(member, wanted) < 0);
  const result: unknown[] = [];
  for (const member of named) {
    const position = place(member, known);
    for (let next = others[0]; next !== undefined; next = others[0]) {
      if (position < 0 || place(next, known) >= position) break;
      result.push(next);
      others.shift();
    }
    result.push(member);
  }
  return [...result, ...others];
}

/** What is known of a field: nothing, where its object is open. */
function fieldShape(shape: Shape, name: string): Shape {
  if (shape.kind === 'map') return shape.value;
  return (shape.kind === 'object' && Object.hasOwn(shape.fields, name) && shape.fields[name]) || open;
}

function keyValue(member: unknown, key: string, list: string): unknown {
  if (!isFields(member)) throw new PatchProblem(`a member of ${list} is not an object`);
  if (isDirectiveOnly(member)) return undefined;
  const value = member[key];
  if (value === undefined) {
    throw new PatchProblem(`map: ${JSON.stringify(member)} does not contain declared merge key: ${key}`);
  }
  return value;
}

function isDirectiveOnly(member: unknown): boolean {
  return isFields(member) && directiveOf(member) === 'replace' && Object.keys(member).length === 1;
}

function directiveOf(patch: unknown): 'replace' | 'delete' | 'merge' {
  const directive = isFields(patch) ? patch['$patch'] : undefined;
  if (directive === undefined || directive === 'merge') return 'merge';
  if (directive === 'replace' || directive === 'delete') return directive;
  throw new PatchProblem(`unknown patch type: ${JSON.stringify(directive)}`);
}

function listDirective(patch: Fields, name: string): readonly unknown[] | undefined {
  const list = patch[name];
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw new PatchProblem(`${name} must be a list`);
  return list;
}

function retained(target: Fields, keys: unknown): Fields {
  if (keys === undefined) return target;
  if (!Array.isArray(keys)) throw new PatchProblem('$retainKeys must be a list');
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)));
}

function withoutDirectives(value: unknown): Fields {
  return Object.fromEntries(Object.entries(fieldsOf(value)).filter(([name]) => !name.startsWith('$')));
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function includes(list: readonly unknown[], member: unknown): boolean {
  return list.some((one) => jsonEqual(one, member));
}

import { isFields } from '../field.js';
import type { Shape } from './shape.js';

/** Where a value differs from its shape. */
export interface Mismatches {
  /** The paths of fields that there are none of: `spec.replica`. */
  readonly unknown: readonly string[];
  readonly mistyped: readonly Mistyped[];
}

/** A value of another type than its field. */
export interface Mistyped {
  readonly path: string;
  readonly value: unknown;
  /** `must be a number, not text` */
  readonly problem: string;
}

/** Compares a value with its shape. Null fits anywhere: it means that the field is absent. */
export function mismatchesOf(shape: Shape, value: unknown): Mismatches {
  const unknown: string[] = [];
  const mistyped: Mistyped[] = [];
  const expect = (fits: boolean, found: unknown, wanted: string, path: string): void => {
    if (!fits) mistyped.push({ path, value: found, problem: `must be ${wanted}, not ${typeName(found)}` });
  };
  const compare = (shape: Shape, found: unknown, path: string): void => {
    if (found === null || found === undefined) return;
    switch (shape.kind) {
      case 'open':
        return;
      case 'text':
        expect(typeof found === 'string', found, 'text', path);
        return;
      case 'number':
        expect(typeof found === 'number', found, 'a number', path);
        return;
      case 'flag':
        expect(typeof found === 'boolean', found, 'true or false', path);
        return;
      case 'number-or-text':
        expect(typeof found === 'number' || typeof found === 'string', found, 'a number or text', path);
        return;
      case 'list':
        expect(Array.isArray(found), found, 'a list', path);
        if (!Array.isArray(found)) return;
        for (const [index, member] of found.entries()) compare(shape.member, member, `${path}[${index}]`);
        return;
      case 'map':
      case 'object':
        expect(isFields(found), found, 'an object', path);
        if (!isFields(found)) return;
        for (const [name, member] of Object.entries(found)) {
          const inner = path === '' ? name : `${path}.${name}`;
          const memberShape = shape.kind === 'map' ? shape.value : ownShape(shape.fields, name);
          if (memberShape) compare(memberShape, member, inner);
          else if (shape.kind === 'object' && !shape.open) unknown.push(inner);
        }
    }
  };
  compare(shape, value, '');
  return { unknown, mistyped };
}

/**
 * The value without the fields that its shape has none of. What is of another type than its shape stays, and so does all
 * that the shape leaves open. What needs no change is given back as it is.
 */
export function pruned<T>(shape: Shape, value: T): T;
export function pruned(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return value;
    const members = value.map((member: unknown) => pruned(shape.member, member));
    return members.every((member, index) => member === value[index]) ? value : members;
  }
  if ((shape.kind !== 'object' && shape.kind !== 'map') || !isFields(value)) return value;
  let changed = false;
  const kept: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const memberShape = shape.kind === 'map' ? shape.value : ownShape(shape.fields, name);
    if (!memberShape && shape.kind === 'object' && !shape.open) {
      changed = true;
      continue;
    }
    const next = memberShape ? pruned(memberShape, member) : member;
    changed ||= next !== member;
    kept.push([name, next]);
  }
  return changed ? Object.fromEntries(kept) : value;
}

function ownShape(fields: Readonly<Record<string, Shape>>, name: string): Shape | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function typeName(value: unknown): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return 'true or false';
  return Array.isArray(value) ? 'a list' : 'an object';
}

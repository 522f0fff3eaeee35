import { ageOf } from './duration.js';
import type { Json, KubeObject } from './object.js';

/** One column of the Table (meta/v1) that `kubectl get` prints. */
export interface Column {
  readonly name: string;
  /** OpenAPI's word for what the cells hold. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` marks the column that identifies the object. */
  readonly format: '' | 'name';
  readonly description: string;
  /** 0 is always shown; above 0 only by `-o wide`. */
  readonly priority: number;
  cell(object: KubeObject, now: Date): Json;
}

export function column(
  name: string,
  cell: Column['cell'],
  options: { readonly type?: Column['type']; readonly wide?: boolean; readonly description?: string } = {},
): Column {
  const { type = 'string', wide = false, description = name } = options;
  return { name, type, format: '', description, priority: wide ? 1 : 0, cell };
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
  cell: (object) => object.metadata.name,
};

export const ageColumn: Column = column(
  'Age',
  (object, now) => ageOf(object.metadata.creationTimestamp, now),
  { description: 'The time since the object was created.' },
);

/** What kubectl prints of a kind that has nothing more to show. */
export const nameAndAge: readonly Column[] = [nameColumn, ageColumn];

import { at } from './field.js';

/** One field that validation refuses. */
export interface FieldProblem {
  readonly field: string;
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueNotFound'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong';
  /** Without the field: `Invalid value: 0: must be between 1 and 65535, inclusive`. */
  readonly message: string;
}

export function required(field: string, detail?: string): FieldProblem {
  return { field, reason: 'FieldValueRequired', message: withDetail('Required value', detail) };
}

export function invalidValue(field: string, value: unknown, detail?: string): FieldProblem {
  const text = value === undefined ? 'null' : JSON.stringify(value);
  return { field, reason: 'FieldValueInvalid', message: withDetail(`Invalid value: ${text}`, detail) };
}

export function duplicate(field: string, value: unknown): FieldProblem {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(value)}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldProblem {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  };
}

export function forbiddenField(field: string, detail: string): FieldProblem {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` };
}

function withDetail(message: string, detail: string | undefined): string {
  return detail === undefined ? message : `${message}: ${detail}`;
}

export function notFoundValue(field: string, value: unknown): FieldProblem {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(value)}` };
}

/** The members of a list that have the same value at `key` as one before them. */
export function duplicates(list: readonly unknown[], key: string, field: string): readonly FieldProblem[] {
  const seen = new Set<unknown>();
  return list.flatMap((member, index) => {
    const value = at(member, key);
    if (value === undefined || value === '') return [];
    if (seen.has(value)) return [duplicate(`${field}[${index}].${key}`, value)];
    seen.add(value);
    return [];
  });
}

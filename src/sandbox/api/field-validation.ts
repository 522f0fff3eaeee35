import type { KubeObject } from '../store/object.js';
import { invalidValue } from '../store/problem.js';
import type { ResourceType } from '../store/resource.js';
import { type Mistyped, mismatchesOf } from '../store/shapes/mismatch.js';
import type { Shape } from '../store/shapes/shape.js';
import { type Status, badRequest, invalid } from '../store/status.js';
import type { Checked } from './checked.js';

/** What is expected of an object at the place that it is written to. */
export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  readonly type: ResourceType;
  readonly shape: Shape;
}

/**
 * Checks an object against the shape of its type. A field of a wrong type is always refused. A field that there is none of
 * is refused, warned of or silently dropped, as the query's `fieldValidation` says: `Strict`, `Warn` (the default) or
 * `Ignore`. Gives the warnings.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
export function validateFields(
  expected: Expected,
  object: KubeObject,
  fieldValidation: string | null,
): Checked<readonly string[]> {
  const { unknown, mistyped } = mismatchesOf(expected.shape, object);
  if (mistyped.length > 0) {
    return { ok: false, status: mistypedStatus(expected, object.metadata.name, mistyped) };
  }
  const warnings = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  switch (fieldValidation ?? '') {
    case 'Strict':
      return warnings.length === 0
        ? { ok: true, value: warnings }
        : { ok: false, status: undecodable(expected, `strict decoding error: ${warnings.join(', ')}`) };
    case 'Ignore':
      return { ok: true, value: [] };
    case '':
    case 'Warn':
      return { ok: true, value: warnings };
    default:
      return { ok: false, status: badRequest(`invalid fieldValidation: ${JSON.stringify(fieldValidation)}`) };
  }
}

/** A defined type is checked against its schema, which makes the object invalid; any other can't even be decoded. */
function mistypedStatus(expected: Expected, name: string, mistyped: readonly Mistyped[]): Status {
  if (!expected.type.custom) {
    return undecodable(expected, mistyped.map(({ path, problem }) => `${path}: ${problem}`).join(', '));
  }
  return invalid(
    expected.type,
    name,
    mistyped.map(({ path, value, problem }) => invalidValue(path, value, problem)),
  );
}

function undecodable({ kind, apiVersion }: Expected, problem: string): Status {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${problem}`,
  );
}

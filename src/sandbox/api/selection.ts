import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import { badRequest } from '../store/status.js';
import type { Checked } from './checked.js';
import { parseFieldQuery } from './field-query.js';
import { parseLabelQuery } from './label-query.js';

/** Which objects of a type a request is about. */
export interface Selection {
  /** Undefined: of the whole cluster. */
  readonly namespace: string | undefined;
  /** Whether every object of the namespace is selected. */
  readonly all: boolean;
  /** The one name that can be selected, where the selectors fix it. */
  readonly name: string | undefined;
  matches(object: KubeObject): boolean;
}

/** Reads `labelSelector` and `fieldSelector`. */
export function parseSelection(
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
): Checked<Selection> {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = parseLabelQuery(labelText);
  if (!labels.ok) return { ok: false, status: badRequest(labels.problem) };
  const fields = parseFieldQuery(type, fieldText);
  if (!fields.ok) return { ok: false, status: badRequest(fields.problem) };
  return {
    ok: true,
    value: {
      namespace,
      all: labelText === '' && fieldText === '',
      name: fields.value.name,
      matches: (object) =>
        (namespace === undefined || object.metadata.namespace === namespace) &&
        labels.value(object.metadata.labels ?? {}) &&
        fields.value.matches(object),
    },
  };
}

import { at } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Parsed } from './label-query.js';

export interface FieldQuery {
  readonly matches: (object: KubeObject) => boolean;
  /** The one name that can match, where the query fixes it. */
  readonly name: string | undefined;
}

interface Term {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/**
 * Parses a field selector as it stands in a URL: `metadata.name=web,status.phase!=Running`. Only the fields that the type
 * declares can be selected by. In a value, a backslash takes the meaning from `,`, `=` and `\`.
 */
export function parseFieldQuery(type: ResourceType, text: string): Parsed<FieldQuery> {
  const terms: Term[] = [];
  for (const part of text.split(/(?<!\\),/)) {
    if (part === '') continue;
    const parsed = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
    if (!parsed) return { ok: false, problem: `invalid selector: '${text}'; can't understand '${part}'` };
    const [, field = '', operator, value = ''] = parsed;
    if (!isSelectable(type, field)) return { ok: false, problem: `field label not supported: ${field}` };
    terms.push({ field, equal: operator !== '!=', value: value.replaceAll(/\\([\\,=])/g, '$1') });
  }
  const name = terms.find(({ field, equal }) => equal && field === 'metadata.name')?.value;
  return {
    ok: true,
    value: {
      matches: (object) =>
        terms.every(({ field, equal, value }) => (fieldText(object, field) === value) === equal),
      name,
    },
  };
}

function isSelectable(type: ResourceType, field: string): boolean {
  if (field === 'metadata.name') return true;
  return (field === 'metadata.namespace' && type.namespaced) || type.selectableFields.includes(field);
}

/** Flags that are left out when they are false. */
const flags = new Set(['spec.hostNetwork', 'spec.unschedulable']);

function fieldText(object: KubeObject, field: string): string {
  const value = at(object, ...field.split('.'));
  if (value === undefined) return flags.has(field) ? 'false' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

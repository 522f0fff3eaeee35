import { createHash } from 'node:crypto';
import { fieldsAt, listAt, stringMapAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { Labels } from './labels.js';
import { controlledBy } from './owner.js';

/** Tells which template a StatefulSet's or a DaemonSet's pod was made from. */
export const revisionHashLabel = 'controller-revision-hash';

export interface PodFromTemplate {
  readonly owner: KubeObject;
  /** The pod's name, or how it begins. */
  readonly name: { readonly exact: string } | { readonly prefix: string };
  /** Beyond those of the template. */
  readonly labels?: Labels;
  /** Fields of the spec that the owner decides. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The pod that a workload's `spec.template` asks for, controlled by `owner`. */
export function podFromTemplate(options: PodFromTemplate): KubeObject {
  const { owner, name, labels, spec } = options;
  const template = fieldsAt(owner, 'spec', 'template');
  const annotations = stringMapAt(template, 'metadata', 'annotations');
  const finalizers = listAt(template, 'metadata', 'finalizers').filter((one) => typeof one === 'string');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...('exact' in name ? { name: name.exact } : { name: '', generateName: name.prefix }),
      ...(owner.metadata.namespace !== undefined && { namespace: owner.metadata.namespace }),
      labels: { ...stringMapAt(template, 'metadata', 'labels'), ...labels },
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(finalizers.length > 0 && { finalizers }),
      ownerReferences: [controlledBy(owner)],
    },
    spec: { ...fieldsAt(template, 'spec'), ...spec },
  };
}

/** The letters and digits Kubernetes ends generated names with: none that could make up a word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const hashLength = 10;

/**
 * A short name for a value, safe in object names and labels. Equal values, whatever the order of their fields, have the
 * same one; `salt` makes another.
 */
export function shortHash(value: unknown, salt = 0): string {
  const digest = createHash('sha256')
    .update(`${salt} ${canonical(value)}`)
    .digest();
  return Array.from(digest.subarray(0, hashLength), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** JSON with the fields of every object in one order. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const sorted = fields.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}

import { type Column, nameAndAge } from './column.js';
import type { KubeObject } from './object.js';
import type { FieldProblem } from './problem.js';
import { unknownKind } from './shapes/metadata.js';
import type { Shape } from './shapes/shape.js';
import { dnsSubdomainProblem } from './validation/name.js';

export type Subresource = 'status' | 'scale';

/** One kind of object that the API serves, and all that is particular about it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly subresources: readonly Subresource[];
  /** Whether `metadata.generation` counts the changes of everything but metadata and status. */
  readonly generation: boolean;
  /** Whether a CustomResourceDefinition defines it. */
  readonly custom: boolean;
  /** Fields besides `metadata.name` and `metadata.namespace` that a field selector may name. */
  readonly selectableFields: readonly string[];
  readonly columns: readonly Column[];
  /** The fields that its objects can have. Others are dropped when an object is written. */
  readonly shape: Shape;
  /** What is wrong with a name for an object of this type. */
  readonly nameProblem: (name: string) => string | undefined;
  /** Fills in what the author left out; `previous` is what the object would replace. It must be idempotent. */
  readonly defaults: (object: KubeObject, previous: KubeObject | undefined) => KubeObject;
  /** What is wrong with an object beyond its metadata; `previous` is what it would replace. */
  readonly validate: (object: KubeObject, previous: KubeObject | undefined) => readonly FieldProblem[];
}

/** A row of the registry: what differs from the most common values. */
type Row = Pick<ResourceType, 'group' | 'version' | 'kind' | 'plural'> & Partial<ResourceType>;

/** Completes a row: namespaced, no subresources, and NAME and AGE for columns unless it says otherwise. */
export function resourceType(row: Row): ResourceType {
  return {
    singular: row.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    subresources: [],
    generation: false,
    custom: false,
    selectableFields: [],
    columns: nameAndAge,
    shape: unknownKind,
    nameProblem: dnsSubdomainProblem,
    defaults: (object) => object,
    validate: () => [],
    ...row,
  };
}

/** `v1`, `apps/v1`: what an object of this type says in `apiVersion`. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** Whether two types are of the same objects, in the same version. */
export function isSameResource(left: ResourceType, right: ResourceType): boolean {
  return left.plural === right.plural && apiVersionOf(left) === apiVersionOf(right);
}

import type { Random } from '../../../kit/random.js';
import type { KubeObject } from '../step.js';
import type { Traits } from '../vocabulary.js';

/**
 * How each kind of object is made up: a field at a time, so that an object is altered by drawing one of its fields anew.
 * Most draws are what a cluster would have; the rest is what it should never have and sometimes does.
 */
export type Fields<Model> = {
  readonly [Name in keyof Model]: (random: Random, traits: Traits) => Model[Name];
};

export function drawModel<Model extends object>(
  fields: Fields<Model>,
  random: Random,
  traits: Traits,
): Model {
  const names = Object.keys(fields) as (keyof Model)[];
  return Object.fromEntries(names.map((name) => [name, fields[name](random, traits)])) as Model;
}

/** Another model, one or two fields of which are drawn anew. */
export function alterModel<Model extends object>(
  fields: Fields<Model>,
  model: Model,
  random: Random,
  traits: Traits,
): Model {
  const altered = { ...model };
  const names = Object.keys(fields) as (keyof Model)[];
  for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
    const name = random.pick(names);
    altered[name] = fields[name](random, traits);
  }
  return altered;
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** What tells an object from all others. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
}

export interface MetadataOptions {
  readonly labels?: Readonly<Record<string, string | undefined>>;
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  readonly owners?: readonly Owner[];
  readonly createdS?: number;
  readonly deletionTimestamp?: string;
}

export function metadata(
  { namespace, name, uid, version }: Identity,
  { labels, annotations, owners, createdS = 0, deletionTimestamp }: MetadataOptions,
): KubeObject['metadata'] {
  return {
    namespace,
    name,
    uid,
    resourceVersion: `${version}`,
    labels,
    annotations,
    ownerReferences: owners,
    creationTimestamp: `2026-01-01T00:00:0${createdS}Z`,
    deletionTimestamp,
  };
}

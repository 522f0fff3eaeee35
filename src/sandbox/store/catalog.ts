import { definedTypes, establishedStatus } from './definition.js';
import { listAt, recordsAt } from './field.js';
import type { KubeObject } from './object.js';
import { definitionType, resourceByKind, resources } from './resource.js';
import { type ResourceType, apiVersionOf } from './resource-type.js';
import type { Store } from './store.js';

/**
 * The types that a store has at the moment: the built-in ones, and those that its CustomResourceDefinitions define. A
 * definition is in force as soon as it is stored, and its objects go when it goes.
 */
export class Catalog {
  readonly #store: Store;
  readonly #clock: () => Date;
  readonly #onRetract: (types: readonly ResourceType[]) => void;
  readonly #defined = new Map<string, readonly ResourceType[]>();
  readonly #close: () => void;
  #types: readonly ResourceType[] = resources;
  #changes = 0;

  constructor(
    store: Store,
    options: {
      readonly clock?: () => Date;
      /** Called when types are no longer served and their objects are deleted, though not every listener told of it. */
      readonly onRetract?: (types: readonly ResourceType[]) => void;
    } = {},
  ) {
    this.#store = store;
    this.#clock = options.clock ?? (() => new Date());
    this.#onRetract = options.onRetract ?? (() => {});
    this.#close = store.subscribe(definitionType, ({ type, object }) => {
      if (type === 'DELETED') this.#retract(object);
      else this.#define(object);
    });
  }

  /** Every type that is served; a kind with several versions once for each. */
  get types(): readonly ResourceType[] {
    return this.#types;
  }

  /** Grows whenever `types` changes. */
  get revision(): number {
    return this.#changes;
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.#types.find(
      (type) => type.plural === plural && type.group === group && type.version === version,
    );
  }

  byKind(apiVersion: string, kind: string): ResourceType | undefined {
    return (
      resourceByKind(apiVersion, kind) ??
      this.#types.find((type) => type.kind === kind && apiVersionOf(type) === apiVersion)
    );
  }

  close(): void {
    this.#close();
  }

  #define(definition: KubeObject): void {
    const established = recordsAt(definition, 'status', 'conditions').some(
      ({ type }) => type === 'Established',
    );
    const stored = listAt(definition, 'status', 'storedVersions').length > 0;
    this.#defined.set(definition.metadata.name, definedTypes(definition));
    this.#refresh();
    if (established && stored) return;
    const status = establishedStatus(definition, this.#clock());
    this.#store.update(definitionType, { ...definition, status }, { subresource: 'status' });
  }

  #retract(definition: KubeObject): void {
    const types = this.#defined.get(definition.metadata.name) ?? [];
    this.#defined.delete(definition.metadata.name);
    this.#refresh();
    for (const type of types) {
      for (const { metadata } of this.#store.list(type)) {
        this.#store.delete(type, metadata.namespace, metadata.name);
      }
    }
    this.#onRetract(types);
  }

  #refresh(): void {
    this.#types = [...resources, ...[...this.#defined.values()].flat()];
    this.#changes += 1;
  }
}

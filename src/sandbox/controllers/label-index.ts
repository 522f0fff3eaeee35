import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Store } from '../store/store.js';
import { decoded } from './decoded.js';
import type { LabelSelector, Labels } from './labels.js';
import { ObjectIndex } from './object-index.js';

/** The objects of one type by their labels: what a selector selects is found among those that carry its rarest label. */
export class LabelIndex {
  readonly #index: ObjectIndex;

  constructor(store: Store, type: ResourceType) {
    this.#index = new ObjectIndex(store, type, ({ metadata }) => {
      const { namespace = '', labels = {} } = metadata;
      return [namespace, ...Object.entries(labels).map((label) => labelKey(namespace, label))];
    });
  }

  /** The objects of the namespace that the selector selects, in no particular order. */
  selected(namespace: string, selector: LabelSelector): readonly KubeObject[] {
    if (selector.isEmpty) return [];
    const keys = selector.pairs.map((pair) => labelKey(namespace, pair));
    const key = rarest(keys, (one) => this.#index.count(one)) ?? namespace;
    return this.#index.get(key).filter(({ metadata }) => selector.selects(metadata.labels ?? {}));
  }

  close(): void {
    this.#index.close();
  }
}

/**
 * The objects of one type by the selector they have: the ones that select given labels. Each is kept under one of the
 * labels that it demands, the one that fewest others were kept under, so that labels meet few that don't select them.
 */
export class SelectorIndex {
  readonly #index: ObjectIndex;
  readonly #selectorOf: (object: KubeObject) => LabelSelector;

  constructor(store: Store, type: ResourceType, selectorOf: (object: KubeObject) => LabelSelector) {
    this.#selectorOf = decoded(selectorOf);
    this.#index = new ObjectIndex(store, type, (object, count) => {
      const { namespace = '' } = object.metadata;
      const { isEmpty, pairs } = this.#selectorOf(object);
      const keys = pairs.map((pair) => labelKey(namespace, pair));
      return isEmpty ? [] : [rarest(keys, count) ?? namespace];
    });
  }

  /** The objects of the namespace whose selector selects these labels. */
  selecting(namespace: string, labels: Labels): readonly KubeObject[] {
    const keys = [namespace, ...Object.entries(labels).map((label) => labelKey(namespace, label))];
    const candidates = keys.flatMap((key) => this.#index.get(key));
    return candidates.filter((object) => this.#selectorOf(object).selects(labels));
  }

  close(): void {
    this.#index.close();
  }
}

function labelKey(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace}/${key}=${value}`;
}

function rarest(keys: readonly string[], count: (key: string) => number): string | undefined {
  return keys.reduce<string | undefined>(
    (best, key) => (best === undefined || count(key) < count(best) ? key : best),
    undefined,
  );
}

import type { KubeObject } from '../store/object.js';
import { type ResourceType, apiVersionOf } from '../store/resource.js';
import { itemJson, metadataJson, objectJson, typeMeta } from './json.js';
import type { Representation } from './media-type.js';

/** The metadata of a list (meta/v1 ListMeta). */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Writes objects of one type in the representation that a client asked for. */
export class Encoding {
  readonly #type: ResourceType;
  readonly #representation: Representation;
  readonly #now: () => Date;

  constructor(type: ResourceType, representation: Representation, now: () => Date) {
    this.#type = type;
    this.#representation = representation;
    this.#now = now;
  }

  /** One object on its own. */
  object(object: KubeObject): string {
    const representation = this.#representation;
    switch (representation.kind) {
      case 'whole':
        return objectJson(this.#type, object);
      case 'metadata':
        return metadataJson(object);
      case 'table': {
        const meta = { resourceVersion: object.metadata.resourceVersion ?? '' };
        return [...this.#table(meta, [object], representation.includeObject, true)].join('');
      }
    }
  }

  /** A list, in parts that make up its text together, so that a long one need not be in memory as a whole. */
  list(meta: ListMeta, objects: readonly KubeObject[]): Iterable<string> {
    const representation = this.#representation;
    const { kind } = this.#type;
    switch (representation.kind) {
      case 'whole':
        return members(
          `${typeMeta(`${kind}List`, apiVersionOf(this.#type))},`,
          meta,
          'items',
          objects,
          (object) => itemJson(this.#type, object),
        );
      case 'metadata': {
        const head = `${typeMeta('PartialObjectMetadataList', 'meta.k8s.io/v1')},`;
        return members(head, meta, 'items', objects, metadataJson);
      }
      case 'table':
        return this.#table(meta, objects, representation.includeObject, true);
    }
  }

  /**
   * The object of a watch event. The first Table on a watch carries the definitions of its columns, the others don't
   * repeat them.
   */
  watched(object: KubeObject, options: { readonly first: boolean }): string {
    const representation = this.#representation;
    if (representation.kind !== 'table') return this.object(object);
    const meta = { resourceVersion: object.metadata.resourceVersion ?? '' };
    return [...this.#table(meta, [object], representation.includeObject, options.first)].join('');
  }

  /** The object of a BOOKMARK: nothing but a version, and its annotations. */
  bookmark(resourceVersion: string, annotations?: Readonly<Record<string, string>>): string {
    const metadata = { resourceVersion, creationTimestamp: null, ...(annotations && { annotations }) };
    switch (this.#representation.kind) {
      case 'whole':
        return `${typeMeta(this.#type.kind, apiVersionOf(this.#type))},"metadata":${JSON.stringify(metadata)}}`;
      case 'metadata':
        return `${typeMeta('PartialObjectMetadata', 'meta.k8s.io/v1')},"metadata":${JSON.stringify(metadata)}}`;
      case 'table':
        return `${typeMeta('Table', 'meta.k8s.io/v1')},"metadata":${JSON.stringify(metadata)},"columnDefinitions":null,"rows":[]}`;
    }
  }

  #table(
    meta: ListMeta,
    objects: readonly KubeObject[],
    includeObject: 'None' | 'Metadata' | 'Object',
    withColumns: boolean,
  ): Iterable<string> {
    const { columns } = this.#type;
    const definitions = columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    }));
    const head = `${typeMeta('Table', 'meta.k8s.io/v1')},"columnDefinitions":${
      withColumns ? JSON.stringify(definitions) : 'null'
    },`;
    const now = this.#now();
    return members(head, meta, 'rows', objects, (object) => {
      const cells = JSON.stringify(columns.map((column) => column.cell(object, now)));
      if (includeObject === 'None') return `{"cells":${cells}}`;
      const whole = includeObject === 'Object';
      return `{"cells":${cells},"object":${whole ? objectJson(this.#type, object) : metadataJson(object)}}`;
    });
  }
}

function* members(
  head: string,
  meta: ListMeta,
  field: string,
  objects: readonly KubeObject[],
  encode: (object: KubeObject) => string,
): Iterable<string> {
  yield `${head}"metadata":${JSON.stringify(meta)},"${field}":[`;
  let separator = '';
  for (const object of objects) {
    yield `${separator}${encode(object)}`;
    separator = ',';
  }
  yield ']}';
}

import type { Decoder } from './decode/decoded.js';

/** Objects of one kind, in all namespaces, as the API server serves them. */
export interface Collection {
  /** `/apis/discovery.k8s.io/v1/endpointslices`. */
  readonly path: string;
  /** Selectors, sent with every list and watch. */
  readonly query?: Readonly<Record<string, string>>;
  /** Default: the objects in full. */
  readonly representation?: 'full' | 'metadata';
}

/** A collection that is watched, and the rows made of it. */
export interface Resource<Row> extends Collection {
  /** As Kubernetes spells it: `EndpointSlice`. Names the watch in logs and metrics. */
  readonly kind: string;
  /** The key of a row: its id. */
  readonly keyOf: (row: Row) => string;
  readonly decode: Decoder<Row>;
  /**
   * The row, put together from parts of the one before where they say the same: for rows that are large and of which little
   * changes at a time. Default: the row as it is.
   */
  readonly share?: (row: Row, before: Row) => Row;
  /**
   * The API server need not have this resource (a CRD that isn't installed). Until it has, the collection counts as
   * empty. Default false.
   */
  readonly optional?: boolean;
}

/**
 * What to accept, for a list and for a watch. A server that can't serve metadata alone serves the objects in full
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches).
 */
export function acceptHeaders(collection: Collection): { readonly list: string; readonly watch: string } {
  if (collection.representation !== 'metadata')
    return { list: 'application/json', watch: 'application/json' };
  const metadata = (kind: string): string =>
    `application/json;as=${kind};g=meta.k8s.io;v=v1, application/json`;
  return { list: metadata('PartialObjectMetadataList'), watch: metadata('PartialObjectMetadata') };
}

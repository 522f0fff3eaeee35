/** The kinds of objects of a history. Backends are EndpointSlices or Endpoints, whichever the control plane reads. */
export const kinds = [
  'Service',
  'Backends',
  'Pod',
  'Node',
  'ReplicaSet',
  'Job',
  'Server',
  'ExternalWorkload',
  'ServiceProfile',
] as const;

export type Kind = (typeof kinds)[number];

/** Where the control plane reads backends. */
export type Source = 'EndpointSlice' | 'Endpoints';

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/**
 * One thing that happens. A step is data and makes sense after any others, so that a history from which steps are dropped
 * is a history.
 */
export type Step =
  /** The API server has an object, from now on in this form; `isBroken`: in one that can't be understood. */
  | { readonly do: 'put'; readonly kind: Kind; readonly object: KubeObject; readonly isBroken: boolean }
  | { readonly do: 'delete'; readonly kind: Kind; readonly key: string }
  /** The control plane receives the next events of a kind, at most so many. */
  | { readonly do: 'deliver'; readonly kind: Kind; readonly count: number }
  /** It receives once more what it was last told of an object. */
  | { readonly do: 'repeat'; readonly kind: Kind; readonly key: string }
  /** It lists a kind anew, as it was before the last `behind` events. */
  | { readonly do: 'relist'; readonly kind: Kind; readonly behind: number }
  /** It begins to, and fails. */
  | { readonly do: 'fail-to-list'; readonly kind: Kind }
  /** It publishes all that is due. */
  | { readonly do: 'flush' }
  /** Time passes, in which it may publish. */
  | { readonly do: 'pass'; readonly ms: number }
  /** It has one turn, in which it may publish some of it. */
  | { readonly do: 'turn' }
  /** It is started anew. All streams end. */
  | { readonly do: 'restart' }
  | { readonly do: 'connect' | 'hang-up' | 'stall' | 'resume'; readonly client: number };

export function keyOf({ metadata }: KubeObject): string {
  const { namespace, name } = metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

import type { PodSelection, ResourceSelection } from '../core/resource.js';
import type { RequestFilter } from './request-filter.js';

/** What a viewer asks to see. */
export interface TapQuery {
  readonly target: PodSelection;
  readonly edge: TapEdge;
  readonly match: HttpMatch;
  readonly filter: RequestFilter;
  /** How many requests a second to tell of, at most. */
  readonly maxRps: number;
  /** Whether to tell headers. */
  readonly withHeaders: boolean;
}

export type TapEdge =
  | { readonly kind: 'none' }
  /** What the target asks of these. */
  | { readonly kind: 'to'; readonly other: ResourceSelection }
  /** What these ask of the target; it is their pods that are tapped. */
  | { readonly kind: 'from'; readonly other: PodSelection };

/** What proxies look at. Empty: any. */
export interface HttpMatch {
  /** In upper case. */
  readonly method: string;
  /** In lower case. */
  readonly scheme: string;
  readonly authority: string;
  readonly pathPrefix: string;
}

/** Whose pods are tapped. */
export function tappedTarget({ target, edge }: TapQuery): PodSelection {
  return edge.kind === 'from' ? edge.other : target;
}

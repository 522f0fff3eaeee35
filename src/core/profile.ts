import type { Endpoint } from './endpoint.js';
import type { ServiceProfileId } from './ids.js';
import type { DestinationOverride, RetryBudget, Route } from './routes.js';

/** How traffic for one destination is to be treated. */
export type Profile =
  | ServiceDestination
  /** One endpoint and no service: to be used as it is. */
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint; readonly isOpaque: boolean }
  /** Nothing can be said: the service isn't there, or doesn't have the port. */
  | { readonly kind: 'none' };

export interface ServiceDestination {
  readonly kind: 'service';
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** The service's full DNS name, without a port. */
  readonly fullyQualifiedName: string;
  /** Whether connections are bytes: no protocol is to be detected and no route applies. */
  readonly isOpaque: boolean;
  readonly routes: readonly Route[];
  readonly retryBudget: RetryBudget;
  /** Where requests go instead, each with its port; empty: to where the client meant them to go. */
  readonly overrides: readonly DestinationOverride[];
  /** The ServiceProfile that all this comes from. */
  readonly source: ServiceProfileId | undefined;
}

export const noProfile: Profile = Object.freeze({ kind: 'none' });

import type { ResourceSelection } from '../core/resource.js';

/** Says whether somebody may watch the requests of some resources. It may take as long as the API server takes. */
export type Authorize = (question: AuthorizeQuestion) => Promise<Authorization>;

export interface AuthorizeQuestion {
  /** What the caller proves itself by; undefined where it gave nothing. Never to be logged. */
  readonly token: string | undefined;
  /** All of them have to be allowed. */
  readonly resources: readonly ResourceSelection[];
}

export type Authorization =
  | { readonly ok: true; readonly user: string }
  | {
      readonly ok: false;
      readonly code: 'UNAUTHENTICATED' | 'PERMISSION_DENIED' | 'UNAVAILABLE';
      /** For the caller: what is missing. */
      readonly details: string;
    };

/** For a process that only its own machine can reach. */
export const allowEverybody: Authorize = () => Promise.resolve({ ok: true, user: 'anybody' });

import { isIP } from 'node:net';
import type { DestinationChannel } from '../../client/channel.js';
import type { Logger } from '../../runtime/log.js';
import type { Connections } from '../balance/endpoint.js';
import type { Target } from '../metrics/observer.js';
import type { Profile } from '../profile/profile.js';
import { Backend } from './backend.js';
import { IdleCache } from './idle-cache.js';
import { ProfileFollower } from './profile-follower.js';

export interface DiscoveryOptions {
  /** Undefined: there is no control plane, and every name is where DNS says. */
  readonly channel: DestinationChannel | undefined;
  readonly contextToken: string;
  /** How long what is known of a name is kept up to date after its last use. */
  readonly idleMs: number;
  readonly connect: (target: () => Target) => Connections;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly log: Logger;
}

/** Where the traffic for one authority goes, and how. */
export interface Destination {
  readonly profile: Profile;
  /** Drawn anew for each attempt where the profile splits the traffic. */
  backend(): Backend;
}

/** Answers where traffic goes, by asking a control plane and staying in touch with it. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #profiles: IdleCache<ProfileFollower>;
  readonly #backends: IdleCache<Backend>;
  /** Of authorities that are one endpoint each, which their profiles name. */
  readonly #singles: IdleCache<Backend>;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    const { idleMs, nowMs } = options;
    this.#profiles = new IdleCache({
      idleMs,
      nowMs,
      create: (authority) => new ProfileFollower({ ...options, authority }),
      close: (it) => it.close(),
    });
    const backends = {
      idleMs,
      nowMs,
      create: (authority: string) => new Backend({ ...options, authority }),
      close: (it: Backend) => it.close(),
    };
    this.#backends = new IdleCache(backends);
    this.#singles = new IdleCache(backends);
  }

  /** `authority` is a normal one: see `normalAuthority`. Waits for a name that is new, a few seconds at most. */
  async find(authority: string): Promise<Destination> {
    const follower = this.#profiles.get(authority);
    // Of a name the endpoints will be needed too, so both questions go at once; of an address the profile may tell all.
    if (!isAddress(authority) && !follower.isKnown) this.#backends.get(authority).follow();
    const profile = follower.isKnown ? follower.current : await follower.known;
    return { profile, backend: () => this.#backend(authority, profile) };
  }

  /** What is known of a name, where it can be told without waiting. */
  known(authority: string): Destination | undefined {
    const follower = this.#profiles.get(authority);
    if (!follower.isKnown) return undefined;
    const profile = follower.current;
    return { profile, backend: () => this.#backend(authority, profile) };
  }

  #backend(authority: string, { endpoint, split }: Profile): Backend {
    if (endpoint !== undefined) {
      const backend = this.#singles.get(authority);
      backend.use(endpoint);
      return backend;
    }
    return this.#backends.get(split?.pick(this.#options.random())?.authority ?? authority);
  }

  /** For `/debug`. */
  snapshot(): unknown {
    const all = [...this.#backends.entries(), ...this.#singles.entries()];
    return all.map(([authority, backend]) => ({ authority, ...backend.snapshot() }));
  }

  close(): void {
    this.#profiles.close();
    this.#backends.close();
    this.#singles.close();
  }
}

function isAddress(authority: string): boolean {
  const host = authority.slice(0, authority.lastIndexOf(':'));
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0;
}

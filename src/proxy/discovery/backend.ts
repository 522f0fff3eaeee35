import { isDeepStrictEqual } from 'node:util';
import type { DestinationChannel } from '../../client/channel.js';
import { type EndpointEvent, followEndpoints } from '../../client/destination.js';
import { bareEndpoint, type ToldEndpoint } from '../../client/told-endpoint.js';
import type { Logger } from '../../runtime/log.js';
import { Balancer, type BalancerOptions } from '../balance/balancer.js';
import type { Endpoint } from '../balance/endpoint.js';
import { splitAuthority } from './authority.js';
import { maxRetryMs } from './retry.js';

export interface BackendOptions extends Omit<BalancerOptions, 'authority'> {
  readonly channel: DestinationChannel | undefined;
  readonly contextToken: string;
  readonly authority: string;
  readonly log: Logger;
}

/** How long a request waits for an endpoint before it fails: linkerd2-proxy's figure. */
const waitMs = 3_000;

/**
 * The endpoints of one authority, kept up to date. What is known stays valid while the control plane is away. A name that
 * the control plane refuses is nothing of the mesh, and is its own endpoint, where DNS says.
 */
export class Backend {
  readonly authority: string;
  readonly #options: BackendOptions;
  readonly #balancer: Balancer;
  readonly #stop = new AbortController();
  /** Once a request has waited in vain, further ones fail at once until there is an endpoint. */
  #isFailingFast = false;
  #fixed: ToldEndpoint | undefined;
  #isFollowing = false;
  #state = 'nothing is known of its endpoints';

  constructor(options: BackendOptions) {
    this.#options = options;
    this.authority = options.authority;
    this.#balancer = new Balancer(options);
  }

  /** Takes the endpoint that a profile named, in place of asking. */
  use(endpoint: ToldEndpoint): void {
    if (isDeepStrictEqual(this.#fixed, endpoint)) return;
    this.#fixed = endpoint;
    this.#balancer.update([endpoint]);
  }

  /** An endpoint, which is waited for a while where there is none. Undefined: there is none; see `describe`. */
  pick(avoid?: ReadonlySet<Endpoint>): Endpoint | Promise<Endpoint | undefined> | undefined {
    this.follow();
    return this.#balancer.pick(avoid) ?? (this.#isFailingFast ? undefined : this.#wait());
  }

  /** Why there is no endpoint, for people. */
  describe(): string {
    return `${this.authority}: ${this.#state}`;
  }

  snapshot() {
    return {
      state: this.#state,
      endpoints: this.#balancer.endpoints.map((it) => ({
        address: it.target.address,
        weight: it.told.weight,
        estimateMs: it.estimateMs(this.#options.nowMs()),
        pending: it.pending,
        isAvailable: it.isAvailable(this.#options.nowMs()),
      })),
    };
  }

  close(): void {
    this.#stop.abort();
    this.#balancer.update([]);
  }

  async #wait(): Promise<Endpoint | undefined> {
    const isReady = await this.#balancer.whenReady(waitMs);
    if (!isReady) this.#isFailingFast = true;
    return this.#balancer.pick();
  }

  /** Begins to ask, which the first use does by itself; a backend that was given its endpoint never does. */
  follow(): void {
    if (this.#isFollowing || this.#fixed !== undefined) return;
    this.#isFollowing = true;
    const { channel, authority, contextToken } = this.#options;
    if (channel === undefined) {
      this.#useItself();
      return;
    }
    const events = followEndpoints({
      address: channel,
      authority,
      contextToken,
      signal: this.#stop.signal,
      opening: 'first-part',
      maxRetryMs,
    });
    void (async () => {
      for await (const event of events) this.#take(event);
    })();
  }

  #take(event: EndpointEvent): void {
    const { authority, log } = this.#options;
    switch (event.kind) {
      case 'snapshot':
      case 'change':
        this.#state = event.exists ? 'it has no endpoints' : 'there is no such service';
        if (event.endpoints.length > 0) this.#isFailingFast = false;
        this.#balancer.update(event.endpoints);
        return;
      case 'lost': {
        const { code, message } = event.failure;
        if (this.#balancer.endpoints.length === 0) this.#state = `${code}: ${message}`;
        log.debug({ authority, ...event.failure, retryInMs: event.retryInMs }, 'lost the control plane');
        return;
      }
      case 'rejected':
        log.debug({ authority, ...event.failure }, 'not a name of the mesh; forwarded to itself');
        this.#useItself();
    }
  }

  #useItself(): void {
    const { host, port } = splitAuthority(this.authority) ?? { host: this.authority, port: 80 };
    this.#isFailingFast = false;
    this.#balancer.update([bareEndpoint({ ip: host.replace(/^\[|\]$/g, ''), port })]);
  }
}

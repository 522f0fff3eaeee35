import type { DestinationChannel } from '../../client/channel.js';
import { followProfile, type ProfileEvent } from '../../client/profile.js';
import type { Logger } from '../../runtime/log.js';
import { compileProfile, type Profile, plainProfile } from '../profile/profile.js';
import { maxRetryMs } from './retry.js';

export interface ProfileFollowerOptions {
  readonly channel: DestinationChannel | undefined;
  readonly contextToken: string;
  readonly authority: string;
  readonly log: Logger;
}

/**
 * Stays in touch with the profile of one authority. Whatever keeps the control plane from telling one, be it that there
 * is none or that it is away, the plain profile stands in; one that has been told stays until the next.
 */
export class ProfileFollower {
  /** Resolves as soon as there is an answer, which "no answer" is too. */
  readonly known: Promise<Profile>;
  #current: Profile = plainProfile;
  #isKnown = false;
  #settle: (profile: Profile) => void = () => {};
  readonly #stop = new AbortController();
  readonly #options: ProfileFollowerOptions;
  /** Patterns that the log has been told of. */
  readonly #unusable = new Set<string>();
  #lastFailure: string | undefined;

  constructor(options: ProfileFollowerOptions) {
    this.#options = options;
    this.known = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (options.channel === undefined) this.#become(plainProfile);
    else void this.#follow(options.channel);
  }

  get isKnown(): boolean {
    return this.#isKnown;
  }

  get current(): Profile {
    return this.#current;
  }

  close(): void {
    this.#stop.abort();
    this.#settle(this.#current);
  }

  async #follow(channel: DestinationChannel): Promise<void> {
    const { authority, contextToken } = this.#options;
    const events = followProfile({
      address: channel,
      authority,
      contextToken,
      signal: this.#stop.signal,
      maxRetryMs,
    });
    for await (const event of events) this.#take(event);
  }

  #take(event: ProfileEvent): void {
    const { authority, log } = this.#options;
    switch (event.kind) {
      case 'snapshot':
      case 'change':
        this.#lastFailure = undefined;
        this.#become(
          compileProfile(event.profile, {
            before: this.#current,
            onUnusable: (regex, problem) => {
              if (this.#unusable.has(regex)) return;
              this.#unusable.add(regex);
              log.warn({ authority, regex, problem }, 'a route of the profile can match nothing');
            },
          }),
        );
        return;
      case 'lost':
      case 'rejected':
        // Many a name has no profile, and many a control plane none at all: a line for each kind of answer will do.
        if (this.#lastFailure !== event.failure.code) {
          this.#lastFailure = event.failure.code;
          log.debug({ authority, ...event.failure }, 'no profile');
        }
        this.#become(this.#current);
    }
  }

  #become(profile: Profile): void {
    this.#current = profile;
    this.#isKnown = true;
    this.#settle(profile);
  }
}

import type { Agent } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import { ApiError } from './api-error.js';
import type { Clock } from './clock.js';

/** What a request to the API server carries to be believed, and what it believes the server by. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsOptions;
  /** Set where requests must take another way than a connection to the server: a proxy. */
  readonly agent: Agent | undefined;
}

export interface TlsOptions extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  /** False only where the user said that the server's certificate isn't to be verified. */
  readonly rejectUnauthorized?: boolean;
  /** The name to verify, where it isn't the host's. */
  readonly servername?: string;
}

export const noCredentials: Credentials = { headers: {}, tls: {}, agent: undefined };

/**
 * Credentials that are read when first needed and again from time to time: the kubelet replaces a pod's token
 * hourly, a login plugin's expires. Whoever asks meanwhile shares one reading.
 */
export class RenewedCredentials {
  readonly #read: (why: 'due' | 'rejected') => Promise<Credentials>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #current: { readonly value: Promise<Credentials>; readonly readAtMs: number } | undefined;

  /**
   * `read` is told whether the last ones were rejected, so that it trusts nothing that it has kept itself.
   * `maxAgeMs`: after how long they are read again. Default 60,000, as in client-go; what expires sooner is renewed
   * by the 401 it meets.
   */
  constructor(options: {
    readonly read: (why: 'due' | 'rejected') => Promise<Credentials>;
    readonly clock: Clock;
    readonly maxAgeMs?: number;
  }) {
    this.#read = options.read;
    this.#clock = options.clock;
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
  }

  /** Throws an `ApiError` of kind `credentials` where they can't be had; the next call tries again. */
  get(): Promise<Credentials> {
    const current = this.#current;
    const due = current === undefined || this.#clock.nowMs() - current.readAtMs >= this.#maxAgeMs;
    return due ? this.#renew('due') : current.value;
  }

  /** The server refused `rejected`: read anew, unless somebody has since. */
  async renew(rejected: Credentials): Promise<Credentials> {
    const current = await this.get();
    return current === rejected ? this.#renew('rejected') : current;
  }

  #renew(why: 'due' | 'rejected'): Promise<Credentials> {
    const reading = { value: this.#attempt(why), readAtMs: this.#clock.nowMs() };
    this.#current = reading;
    reading.value.catch(() => {
      if (this.#current === reading) this.#current = undefined;
    });
    return reading.value;
  }

  async #attempt(why: 'due' | 'rejected'): Promise<Credentials> {
    try {
      return await this.#read(why);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new ApiError({ kind: 'credentials' }, `no credentials: ${detail}`, { cause: error });
    }
  }
}

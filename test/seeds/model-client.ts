import { canonical } from './canonical.js';
import { readProfile, readUpdate, type ToldUpdate } from './told.js';

/**
 * What a proxy knows by what its stream has told it, and no more. It behaves like linkerd2-proxy: the first message of
 * a stream replaces what was known before, an `add` inserts or replaces, a `remove` takes away, a profile replaces.
 *
 * Throws where the order of messages breaks the contract in proto/.
 */
export class ModelClient {
  readonly #rpc: 'Get' | 'GetProfile';
  #isFresh = true;
  #exists = false;
  /** Descriptions in canonical text, by `ip:port`. */
  #endpoints = new Map<string, string>();
  #profile = '';

  constructor(rpc: 'Get' | 'GetProfile') {
    this.#rpc = rpc;
  }

  /** A new stream begins. What was known stays until it says something. */
  connect(): void {
    this.#isFresh = true;
  }

  /** All that is known, such that equal texts are equal knowledge. */
  get knowledge(): string {
    return this.#rpc === 'Get' ? endpointsText(this.#endpoints, this.#exists) : this.#profile;
  }

  /**
   * Whether an address is known that no workload is known to be behind. Of such a one the zone is not told, and it may be
   * told again when that changes.
   */
  get knowsBareAddress(): boolean {
    return [...this.#endpoints.values()].some((description) => !description.includes('"resource"'));
  }

  /** The messages of one write, which make one step. */
  receive(messages: readonly Uint8Array[]): void {
    if (this.#rpc === 'Get') this.#takeUpdates(messages.map(readUpdate));
    else this.#takeProfiles(messages);
    this.#isFresh = false;
  }

  #takeUpdates(updates: readonly ToldUpdate[]): void {
    const order = ['add', 'remove', 'no-endpoints'];
    let reached = 0;
    for (const update of updates) {
      const stage = order.indexOf(update.kind);
      if (stage < reached) throw new Error(`${update.kind} after ${order[reached]} in one step`);
      reached = stage;
      this.#take(update);
    }
  }

  #take(update: ToldUpdate): void {
    switch (update.kind) {
      case 'add':
        if (this.#isFresh) this.#endpoints.clear();
        for (const [address, description] of update.endpoints) {
          this.#endpoints.set(address, canonical(description));
        }
        this.#exists = true;
        break;
      case 'remove':
        if (this.#isFresh) throw new Error('a stream begins with a removal');
        for (const address of update.addresses) {
          if (!this.#endpoints.delete(address)) throw new Error(`${address} is removed and isn't known`);
        }
        break;
      case 'no-endpoints':
        if (!this.#isFresh && this.#endpoints.size > 0) {
          throw new Error('no endpoints, of which some have not been removed');
        }
        this.#endpoints.clear();
        this.#exists = update.exists;
        break;
    }
    this.#isFresh = false;
  }

  #takeProfiles(messages: readonly Uint8Array[]): void {
    const [message, ...more] = messages;
    if (message === undefined || more.length > 0) throw new Error(`${messages.length} profiles in one step`);
    this.#profile = canonical(readProfile(message));
  }
}

export function endpointsText(endpoints: ReadonlyMap<string, string>, exists: boolean): string {
  const sorted = [...endpoints].sort(([a], [b]) => (a < b ? -1 : 1));
  return [`exists ${exists}`, ...sorted.map(([address, text]) => `${address} ${text}`)].join('\n');
}

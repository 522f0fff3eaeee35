import { type Notice, TapByResourceResponse } from '../gen/conduit/tap/v1/tap.js';
import { encodeMessage } from '../wire/encode-message.js';
import type { Books } from './books.js';
import type { TappedEvent } from './tapped-event.js';

export interface OutboxLimits {
  /** How much may wait for a viewer to take it. */
  readonly maxBytes: number;
  /** How long a message gets; an event that is longer goes alone. */
  readonly maxMessageBytes: number;
  /** How many notices may wait; they are about pods, which may be many and flap. */
  readonly maxNotices: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  maxBytes: 2_097_152,
  maxMessageBytes: 65_536,
  maxNotices: 1_000,
};

/** What waits to be told to one viewer. Bounded: what finds no room isn't taken in. */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #withHeaders: boolean;
  readonly #fields: Uint8Array[] = [];
  readonly #notices: Notice[] = [];
  #first = 0;
  #bytes = 0;

  constructor(options: { readonly limits: OutboxLimits; readonly withHeaders: boolean }) {
    this.#limits = options.limits;
    this.#withHeaders = options.withHeaders;
  }

  get isEmpty(): boolean {
    return this.#first === this.#fields.length && this.#notices.length === 0;
  }

  /** Whether there was room. */
  add(event: TappedEvent): boolean {
    const field = event.field(this.#withHeaders);
    if (this.#bytes + field.byteLength > this.#limits.maxBytes) return false;
    this.#fields.push(field);
    this.#bytes += field.byteLength;
    return true;
  }

  /** Whether there was room. */
  addNotice(notice: Notice): boolean {
    if (this.#notices.length >= this.#limits.maxNotices) return false;
    this.#notices.push(notice);
    return true;
  }

  /** The next message, with how many events it holds; `books` is asked for what to say of them, if anything. */
  take(books: (events: number) => Books | undefined): Uint8Array {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    let next = this.#first;
    for (; next < this.#fields.length; next++) {
      const field = this.#fields[next];
      if (field === undefined || (bytes > 0 && bytes + field.byteLength > this.#limits.maxMessageBytes))
        break;
      parts.push(field);
      bytes += field.byteLength;
    }
    const events = next - this.#first;
    this.#forget(next);
    this.#bytes -= bytes;
    const notices = this.#notices.splice(0);
    const said = books(events);
    if (notices.length > 0 || said !== undefined) {
      parts.push(encodeMessage(TapByResourceResponse, { events: [], notices, books: said && toBooks(said) }));
    }
    return Buffer.concat(parts);
  }

  #forget(next: number): void {
    this.#first = next;
    if (next === this.#fields.length || next > 10_000) {
      this.#fields.splice(0, next);
      this.#first = 0;
    }
  }
}

function toBooks({ received, delivered, omitted, pending }: Books) {
  return {
    received: BigInt(received),
    delivered: BigInt(delivered),
    sampledOut: BigInt(omitted['sampled-out']),
    filteredOut: BigInt(omitted['filtered-out']),
    overflowed: BigInt(omitted.overflowed),
    orphaned: BigInt(omitted.orphaned),
    pending: BigInt(pending),
  };
}

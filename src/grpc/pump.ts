import type { Subscription, View } from '../engine/view.js';
import type { Audience, Audiences, Subject } from './audience.js';
import type { OpenCall } from './open-call.js';
import type { SharedEncoding } from './shared-encoding.js';

export interface PumpOptions<Key, Value extends object> {
  readonly call: Pick<OpenCall, 'send' | 'whenOver' | 'fail'>;
  readonly view: View<Key, Value>;
  readonly key: Key;
  readonly encoding: SharedEncoding<Value>;
  readonly audiences: Audiences;
  /** What the stream is about, for metrics, judged by its first state. */
  readonly subjectOf: (value: Value) => Subject;
}

/**
 * Keeps a client at the latest state of a view's key until its call is over: first the whole state, then what differs
 * from the state this client was last told.
 *
 * All that is remembered of a client is that one state. While a write is out nothing is queued behind it; when the
 * transport has taken it, the client is told of the latest state, whatever was in between. A client that takes nothing
 * therefore costs nothing but its stream, and ending that is the server's business. Throws what the derivation throws.
 */
export function pump<Key, Value extends object>(options: PumpOptions<Key, Value>): void {
  new Pump(options).start();
}

// One object a stream, and no closure a write: see CellSubscription.
class Pump<Key, Value extends object> {
  readonly #call: Pick<OpenCall, 'send' | 'whenOver' | 'fail'>;
  readonly #encoding: SharedEncoding<Value>;
  readonly #subscription: Subscription<Value>;
  readonly #audiences: Audiences;
  readonly #audience: Audience;
  readonly #onTaken = (): void => {
    this.#isWriting = false;
    this.#isBehind = false;
    this.#advance();
  };
  #told: Value | undefined;
  #isWriting = false;
  /** Whether a state has come that the write which is out keeps from being told. */
  #isBehind = false;

  constructor({ call, view, key, encoding, audiences, subjectOf }: PumpOptions<Key, Value>) {
    this.#call = call;
    this.#encoding = encoding;
    this.#subscription = view.subscribe(key, () => this.#onNewer());
    this.#audiences = audiences;
    this.#audience = audiences.join(subjectOf(this.#subscription.latest.value));
  }

  start(): void {
    this.#call.whenOver(() => {
      this.#subscription.close();
      this.#audiences.leave(this.#audience);
    });
    this.#advance();
  }

  #onNewer(): void {
    if (!this.#isWriting) this.#advance();
    else if (this.#isBehind) this.#audience.conflations++;
    else this.#isBehind = true;
  }

  #advance(): void {
    const told = this.#told;
    const latest = this.#subscription.latest.value;
    if (latest === told) return;
    try {
      const framed =
        told === undefined ? this.#encoding.snapshot(latest) : this.#encoding.delta(told, latest);
      this.#told = latest;
      if (framed === undefined) return;
      this.#audience.updates++;
      this.#isWriting = true;
      this.#call.send(framed, this.#onTaken);
    } catch (error) {
      this.#subscription.close();
      this.#call.fail(error);
    }
  }
}

import type { Subscription, View } from '../engine/view.js';
import type { OpenCall } from './open-call.js';
import type { SharedEncoding } from './shared-encoding.js';

export interface PumpOptions<Key, Value extends object> {
  readonly call: OpenCall;
  readonly view: View<Key, Value>;
  readonly key: Key;
  readonly encoding: SharedEncoding<Value>;
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
  readonly #call: OpenCall;
  readonly #encoding: SharedEncoding<Value>;
  readonly #subscription: Subscription<Value>;
  readonly #onTaken = (): void => {
    this.#isWriting = false;
    this.#advance();
  };
  #told: Value | undefined;
  #isWriting = false;

  constructor({ call, view, key, encoding }: PumpOptions<Key, Value>) {
    this.#call = call;
    this.#encoding = encoding;
    this.#subscription = view.subscribe(key, () => this.#advance());
  }

  start(): void {
    this.#call.whenOver(() => this.#subscription.close());
    this.#advance();
  }

  #advance(): void {
    const told = this.#told;
    const latest = this.#subscription.latest.value;
    if (this.#isWriting || latest === told) return;
    try {
      const framed =
        told === undefined ? this.#encoding.snapshot(latest) : this.#encoding.delta(told, latest);
      this.#told = latest;
      if (framed === undefined) return;
      this.#isWriting = true;
      this.#call.send(framed, this.#onTaken);
    } catch (error) {
      this.#subscription.close();
      this.#call.fail(error);
    }
  }
}

import { type Framed, frame, glue } from './framed.js';

/** How the states of a view become messages. Both are pure. */
export interface StateEncoder<Value> {
  /** The messages for a client that has been told nothing; at least one. */
  snapshot(value: Value): readonly Uint8Array[];
  /** The messages for a client that knows `told`; none where it needs to hear nothing. */
  delta(told: Value, latest: Value): readonly Uint8Array[];
}

/**
 * Encodes each state, and each step from one state to another, at most once, however many streams send it. Streams
 * that keep up move in step, so that nearly all of them share the bytes.
 *
 * States are known by identity: publishing a value that is equal to the one before as a new object costs an encoding.
 * What is kept goes with the last reference to the state it belongs to; only the newest step holds on to its two states.
 */
export class SharedEncoding<Value extends object> {
  /** Encodings made, each of one or several messages. */
  encodings = 0;
  readonly #encoder: StateEncoder<Value>;
  readonly #snapshots = new WeakMap<Value, Framed>();
  readonly #deltas = new WeakMap<Value, WeakMap<Value, Framed | 'nothing'>>();
  // The step that thousands of streams take one after the other is found without asking the maps.
  #newest: { readonly told: Value; readonly latest: Value; readonly framed: Framed | undefined } | undefined;

  constructor(encoder: StateEncoder<Value>) {
    this.#encoder = encoder;
  }

  snapshot(value: Value): Framed {
    let framed = this.#snapshots.get(value);
    if (framed === undefined) {
      this.encodings++;
      framed = glue(this.#encoder.snapshot(value).map(frame));
      this.#snapshots.set(value, framed);
    }
    return framed;
  }

  /** Undefined where nothing is to be said. */
  delta(told: Value, latest: Value): Framed | undefined {
    const newest = this.#newest;
    if (newest !== undefined && newest.told === told && newest.latest === latest) return newest.framed;
    const framed = this.#step(told, latest);
    this.#newest = { told, latest, framed };
    return framed;
  }

  #step(told: Value, latest: Value): Framed | undefined {
    let steps = this.#deltas.get(latest);
    if (steps === undefined) {
      steps = new WeakMap();
      this.#deltas.set(latest, steps);
    }
    let step = steps.get(told);
    if (step === undefined) {
      this.encodings++;
      const messages = this.#encoder.delta(told, latest);
      step = messages.length === 0 ? 'nothing' : glue(messages.map(frame));
      steps.set(told, step);
    }
    return step === 'nothing' ? undefined : step;
  }
}

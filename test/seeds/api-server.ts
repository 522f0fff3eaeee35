import { type Kind, keyOf, kinds, type KubeObject } from './history/step.js';

/** An object as the API server has it; `isBroken`: in a form that can't be understood. */
export interface Stored {
  readonly object: KubeObject;
  readonly isBroken: boolean;
}

export type Event =
  | ({ readonly kind: 'put' } & Stored)
  /** With the object as it was at its end. */
  | { readonly kind: 'delete'; readonly object: KubeObject };

interface Collection {
  readonly now: Map<string, Stored>;
  /** What was last told to the control plane. */
  told: Map<string, Stored>;
  /** What it hasn't been told yet. */
  events: Event[];
}

/**
 * The API server: the truth, and what has been told of it. The events of one kind are told in order; those of different
 * kinds as it happens.
 */
export class ApiServer {
  readonly #collections = new Map<Kind, Collection>(
    kinds.map((kind) => [kind, { now: new Map(), told: new Map(), events: [] }]),
  );

  put(kind: Kind, object: KubeObject, isBroken: boolean): void {
    const { now, events } = this.#of(kind);
    now.set(keyOf(object), { object, isBroken });
    events.push({ kind: 'put', object, isBroken });
  }

  delete(kind: Kind, key: string): void {
    const { now, events } = this.#of(kind);
    const stored = now.get(key);
    if (stored === undefined) return;
    now.delete(key);
    events.push({ kind: 'delete', object: stored.object });
  }

  /** All there is of a kind. */
  now(kind: Kind): ReadonlyMap<string, Stored> {
    return this.#of(kind).now;
  }

  told(kind: Kind, key: string): Stored | undefined {
    return this.#of(kind).told.get(key);
  }

  /** The next events that haven't been told, at most so many. They have been, by then. */
  tell(kind: Kind, count: number): readonly Event[] {
    const collection = this.#of(kind);
    const events = collection.events.splice(0, count);
    for (const event of events) follow(collection.told, event);
    return events;
  }

  /** A list of a kind as it was before the last `behind` of its events. */
  list(kind: Kind, behind: number): readonly Stored[] {
    const collection = this.#of(kind);
    this.tell(kind, Math.max(0, collection.events.length - behind));
    return [...collection.told.values()];
  }

  #of(kind: Kind): Collection {
    return this.#collections.get(kind)!;
  }
}

function follow(told: Map<string, Stored>, event: Event): void {
  if (event.kind === 'put') told.set(keyOf(event.object), event);
  else told.delete(keyOf(event.object));
}

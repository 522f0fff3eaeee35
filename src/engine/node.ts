/**
 * Counts the changes of an engine's tables. A value is as old as the revision it last changed at, so "has this changed
 * since I looked" is one comparison.
 */
export type Revision = number;

/** What a derivation can depend on: a row, an index entry, or another derivation's result. */
export abstract class Node {
  /** When its value last became different. */
  changedAt: Revision = 0;

  // Most nodes have one dependent; a Set for each would cost more than the rest of the node.
  #dependents: Dependent | Set<Dependent> | undefined;

  /** Called when the last dependent is gone. */
  protected abstract abandoned(): void;

  /** Makes `changedAt` true of the tables as they are now. */
  abstract refresh(): void;

  /** Called after a dependent was dropped for good: drops this node too where it was the last. */
  abstract releaseIfUnused(): void;

  get hasDependents(): boolean {
    return this.#dependents !== undefined;
  }

  addDependent(dependent: Dependent): void {
    const present = this.#dependents;
    if (present === undefined) this.#dependents = dependent;
    else if (present instanceof Set) present.add(dependent);
    else if (present !== dependent) this.#dependents = new Set([present, dependent]);
  }

  removeDependent(dependent: Dependent): void {
    const present = this.#dependents;
    if (present instanceof Set) {
      present.delete(dependent);
      if (present.size > 0) return;
    } else if (present !== dependent) {
      return;
    }
    this.#dependents = undefined;
    this.abandoned();
  }

  /** Tells every dependent that this node changed (`dirty`), or that something below it may have (`check`). */
  invalidateDependents(staleness: Staleness): void {
    const present = this.#dependents;
    if (present instanceof Set) for (const dependent of present) dependent.invalidate(staleness, this);
    else present?.invalidate(staleness, this);
  }
}

/** How far a derived value can be trusted. */
export type Staleness =
  /** Something it read may have changed: ask before recomputing. */
  | 'check'
  /** Something it read has changed. */
  | 'dirty';

export interface Dependent {
  /** `read` is what it depends on and has changed, or may have. */
  invalidate(staleness: Staleness, read: Node): void;
}

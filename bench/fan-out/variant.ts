import type { Change } from '../kit/service-under-change.js';

/** A server that has told each stream the whole set, and then tells it each change. */
export interface Variant {
  readonly port: number;
  /** Streams that are open. */
  streams(): number;
  /** Makes ready what is not to be measured. */
  prepare(change: Change): void;
  /** Carries out the change that was prepared. */
  commit(): void;
}

/** Each starts a server for a service of `size` endpoints, on a free port of 127.0.0.1. */
export type StartVariant = (size: number) => Promise<Variant>;

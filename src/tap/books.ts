/** Why an event that was received for a viewer isn't told to it. */
export type Omission = 'sampled-out' | 'filtered-out' | 'overflowed' | 'orphaned';

export const omissions: readonly Omission[] = ['sampled-out', 'filtered-out', 'overflowed', 'orphaned'];

/** How the books of a viewer, or of all of them, stand: received = delivered + the omitted + those that are pending. */
export interface BookTotals {
  readonly received: number;
  readonly delivered: number;
  readonly omitted: Readonly<Record<Omission, number>>;
}

/** Counts what becomes of events. */
export class Books implements BookTotals {
  received = 0;
  delivered = 0;
  readonly omitted: Record<Omission, number> = {
    'sampled-out': 0,
    'filtered-out': 0,
    overflowed: 0,
    orphaned: 0,
  };

  get pending(): number {
    const { omitted } = this;
    const settled = omissions.reduce((sum, reason) => sum + omitted[reason], this.delivered);
    return this.received - settled;
  }

  add(other: BookTotals): void {
    this.received += other.received;
    this.delivered += other.delivered;
    for (const reason of omissions) this.omitted[reason] += other.omitted[reason];
  }
}

/** What can be said of one watch at any moment: for metrics, readiness and people. Plain values. */
export interface WatchStatus {
  readonly kind: string;
  /** Whether the sink has been given a whole state. It stays true when the API server goes away. */
  readonly synced: boolean;
  readonly phase: WatchPhase;
  /** Rows in the sink. */
  readonly objects: number;
  /** When the last event came, bookmarks included. Milliseconds since the epoch, as all times here. */
  readonly lastEventAtMs: number | undefined;
  /** Since when changes may have been missed: the connection was lost then. Undefined while all is well. */
  readonly staleSinceMs: number | undefined;
  /** The state that the sink has. Undefined before the first list. */
  readonly resourceVersion: string | undefined;
  readonly counters: WatchCounters;
}

export type WatchPhase =
  | { readonly kind: 'listing' }
  | { readonly kind: 'watching' }
  | { readonly kind: 'backing-off'; readonly reason: FailureReason; readonly untilMs: number }
  /** The server need not have the resource and doesn't; it is looked for again then. */
  | { readonly kind: 'absent'; readonly untilMs: number }
  | { readonly kind: 'stopped' };

/** Counted since the start. */
export interface WatchCounters {
  /** Lists begun, the first included. */
  readonly lists: number;
  /** Watches asked for. */
  readonly watches: number;
  /** Objects added, modified or deleted. Bookmarks don't count. */
  readonly events: number;
  /** Why there was a list after the first. */
  readonly relists: Readonly<Record<RelistReason, number>>;
  readonly failures: Readonly<Record<FailureReason, number>>;
  /** Objects, in one version each, that couldn't be understood, in whole or in part. */
  readonly malformed: number;
}

export const failureReasons = [
  /** No connection, or one that broke. */
  'connection',
  /** Nothing came for too long: a half-open connection, most likely. */
  'silent',
  /** The server ended a watch that had hardly begun. */
  'closed-early',
  /** No credentials to be had. */
  'credentials',
  /** 401, with renewed credentials too. */
  'unauthorized',
  /** 403: the service account lacks a permission. */
  'forbidden',
  /** 404: the API server has no such resource. */
  'not-found',
  /** 410: the version to continue from is gone. */
  'expired',
  /** 429. */
  'throttled',
  /** 5xx. */
  'server-error',
  /** Any other status. */
  'rejected',
  /** A response that can't be read: broken JSON, a line without an end. */
  'malformed',
  /** The server shows an older state than one that was seen before: refused. */
  'stale',
] as const;

export type FailureReason = (typeof failureReasons)[number];

export const relistReasons = [
  /** 410: changes have been missed. */
  'expired',
  /** The server rejects the watch for another reason than its load or its state. */
  'rejected',
  /** The server's bookmarks are of older states than ours: events may go unsent until it has caught up. */
  'stale',
  /** Watch upon watch began, and brought nothing but failure. */
  'stuck',
] as const;

export type RelistReason = (typeof relistReasons)[number];

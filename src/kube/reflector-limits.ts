/** What a reflector puts up with. */
export interface ReflectorLimits {
  /** Objects a page of a list. Default 500, as in client-go. */
  readonly pageSize: number;
  /** The largest object, in bytes of JSON. Default 16 MiB; etcd takes 1.5 MiB. */
  readonly maxObjectBytes: number;
  /**
   * After how long without a sign of life a watch is given up. Default 90,000: servers send a bookmark every minute
   * or so. A server that sends none costs a new watch every 90 s.
   */
  readonly idleMs: number;
  /** A watch that lives this long has worked: the delay after it is a first one. Default 10,000. */
  readonly healthyMs: number;
  /**
   * For how long a server that says that its latest state is older than ours is disbelieved. Then it is taken at its
   * word: an etcd restored from a backup has gone back in time, and won't come forward soon. Default 60,000.
   */
  readonly disbeliefMs: number;
}

export const defaultLimits: ReflectorLimits = {
  pageSize: 500,
  maxObjectBytes: 16 * 2 ** 20,
  idleMs: 90_000,
  healthyMs: 10_000,
  disbeliefMs: 60_000,
};

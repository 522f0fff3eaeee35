import type { Logger } from '../runtime/log.js';
import { type Absence, AbsenceCount } from './absence.js';
import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import { type Clock, pause, systemClock } from './clock.js';
import { JsonNode } from './decode/json-node.js';
import { Deferred } from './deferred.js';
import { type Freshness, list } from './list.js';
import { ObjectIngest } from './object-ingest.js';
import { type GrantedWatch, RecoveryPolicy, type Step } from './recovery.js';
import { defaultLimits, type ReflectorLimits } from './reflector-limits.js';
import type { Resource } from './resource.js';
import { compareResourceVersions } from './resource-version.js';
import { type Setback, setback, setbackOf } from './setback.js';
import type { Sink } from './sink.js';
import { openWatch, type WatchEvent } from './watch.js';
import {
  type FailureReason,
  failureReasons,
  relistReasons,
  type WatchPhase,
  type WatchStatus,
} from './watch-status.js';

export interface ReflectorOptions<Row> {
  readonly client: ApiClient;
  readonly resource: Resource<Row>;
  readonly sink: Sink<Row>;
  readonly log: Logger;
  /** Ends the reflector. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<ReflectorLimits>;
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /**
   * Of a resource that isn't optional: awaited each time the server says, before there was a first whole state, that it
   * has no such resource. Whoever believes it aborts `signal`; otherwise the server is asked again.
   */
  readonly onAbsent?: (absence: Absence) => Promise<void>;
}

/**
 * 404s in a row after which a resource that had objects is believed to have been uninstalled. They take 7.5 s at least,
 * longer than a server that starts takes to load the resources it has.
 */
const maxAbsentLists = 3;

/**
 * Keeps a sink equal to a collection in the API server: lists it, then watches it from there, for as long as its
 * signal lets it, whatever happens to the connection and the server.
 *
 * The sink sees each list as one reset, to which objects are added as they arrive, and every change after it in order.
 * Only a list that has arrived whole is committed, and never one of an older state (but see `disbeliefMs`): while the
 * server can't be reached, or when the reflector ends in the middle of a list, the sink keeps what it has.
 */
export class Reflector<Row> {
  readonly #client: ApiClient;
  readonly #resource: Resource<Row>;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #limits: ReflectorLimits;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #ingest: ObjectIngest<Row>;
  readonly #recovery: RecoveryPolicy;
  readonly #absence: AbsenceCount;
  readonly #onAbsent: ReflectorOptions<Row>['onAbsent'];
  readonly #synced = new Deferred();

  #step: Step = { kind: 'list', freshness: { kind: 'latest' } };
  #phase: WatchPhase = { kind: 'listing' };
  #isSynced = false;
  /** The newest state known: that of the sink. */
  #resourceVersion: string | undefined;
  #lastEventAtMs: number | undefined;
  #staleSinceMs: number | undefined;
  #watch: GrantedWatch | undefined;
  /** Whether the server is believed not to have the resource, which then counts as empty. */
  #isAbsent = false;
  #olderSinceMs: number | undefined;
  /** The last failure since a watch was granted. */
  #lastReason: FailureReason | undefined;

  #lists = 0;
  #watches = 0;
  #events = 0;
  readonly #relists = zeroes(relistReasons);
  readonly #failures = zeroes(failureReasons);

  constructor(options: ReflectorOptions<Row>) {
    const { resource, sink, log, random = Math.random } = options;
    this.#client = options.client;
    this.#resource = resource;
    this.#log = log;
    this.#signal = options.signal;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#random = random;
    this.#ingest = new ObjectIngest({ resource, sink, log });
    this.#recovery = new RecoveryPolicy({ healthyMs: this.#limits.healthyMs, random });
    this.#absence = new AbsenceCount({ random });
    this.#onAbsent = options.onAbsent;
  }

  /** Resolves when a first whole state has been committed to the sink; rejects if the reflector ends before that. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  status(): WatchStatus {
    return {
      kind: this.#resource.kind,
      synced: this.#isSynced,
      phase: this.#phase,
      objects: this.#ingest.size,
      lastEventAtMs: this.#lastEventAtMs,
      staleSinceMs: this.#staleSinceMs,
      resourceVersion: this.#resourceVersion,
      counters: {
        lists: this.#lists,
        watches: this.#watches,
        events: this.#events,
        relists: { ...this.#relists },
        failures: { ...this.#failures },
        malformed: this.#ingest.malformed,
      },
    };
  }

  /** Runs until the signal aborts, and resolves then. Rejects only for a bug, such as a sink that throws. */
  async run(): Promise<void> {
    this.#staleSinceMs = this.#clock.nowMs();
    try {
      while (!this.#signal.aborted) {
        const problem = await this.#attempt();
        if (problem !== undefined && !this.#signal.aborted) await this.#recover(problem);
      }
    } catch (error) {
      this.#synced.reject(error);
      throw error;
    } finally {
      this.#phase = { kind: 'stopped' };
      this.#synced.reject(this.#signal.reason);
    }
  }

  /** The one place where failures of the API server end. */
  async #attempt(): Promise<Setback | undefined> {
    try {
      return this.#step.kind === 'list'
        ? await this.#listOnce(this.#step.freshness)
        : await this.#watchOnce(this.#step.resourceVersion);
    } catch (error) {
      if (error instanceof ApiError) return setbackOf(error);
      throw error;
    }
  }

  async #listOnce(freshness: Freshness): Promise<Setback | undefined> {
    if (this.#phase.kind !== 'absent') this.#phase = { kind: 'listing' };
    this.#lists += 1;
    const replacement = this.#ingest.replacement();
    const resourceVersion = await list({
      client: this.#client,
      collection: this.#resource,
      freshness,
      pageSize: this.#limits.pageSize,
      maxObjectBytes: this.#limits.maxObjectBytes,
      signal: this.#signal,
      onObject: (raw) => replacement.add(raw),
    });
    if (this.#signal.aborted) return undefined;
    if (this.#isOlder(resourceVersion) && !this.#believesOlder(resourceVersion)) {
      return this.#stale(`a list of version ${resourceVersion}`);
    }
    this.#olderSinceMs = undefined;
    this.#resourceVersion = resourceVersion;
    this.#step = { kind: 'watch', resourceVersion };
    replacement.commit();
    this.#markPresent();
    this.#markSynced();
    return undefined;
  }

  async #watchOnce(resourceVersion: string): Promise<Setback | undefined> {
    this.#phase = { kind: 'watching' };
    this.#watches += 1;
    const events = await openWatch({
      client: this.#client,
      collection: this.#resource,
      resourceVersion,
      // Watches that began together, after a restart of the server, end apart.
      timeoutSeconds: 300 + Math.floor(this.#random() * 301),
      idleMs: this.#limits.idleMs,
      maxObjectBytes: this.#limits.maxObjectBytes,
      signal: this.#signal,
    });
    const grantedAtMs = this.#clock.nowMs();
    const watch: GrantedWatch = { grantedAtMs, lastHeardMs: grantedAtMs, fruitful: false };
    this.#watch = watch;
    this.#markFresh();

    for await (const batch of events) {
      if (this.#signal.aborted) return undefined;
      watch.lastHeardMs = this.#clock.nowMs();
      if (batch.length > 0) {
        watch.fruitful = true;
        this.#lastEventAtMs = watch.lastHeardMs;
      }
      for (const event of batch) {
        if (event.kind === 'bookmark' && this.#isOlder(versionOf(event.object))) {
          return this.#stale(`a bookmark of version ${versionOf(event.object)}`);
        }
        this.#take(event);
      }
    }

    const livedMs = this.#clock.nowMs() - grantedAtMs;
    if (livedMs < this.#limits.healthyMs) {
      return setback('closed-early', `the server ended the watch after ${Math.round(livedMs)} ms`);
    }
    this.#recovery.worked();
    this.#watch = undefined;
    this.#staleSinceMs = this.#clock.nowMs();
    return undefined;
  }

  #take({ kind, object }: WatchEvent): void {
    if (kind !== 'bookmark') this.#events += 1;
    if (kind === 'added' || kind === 'modified') this.#ingest.apply(object);
    if (kind === 'deleted') this.#ingest.delete(object);

    const resourceVersion = versionOf(object);
    if (resourceVersion === '' || this.#isOlder(resourceVersion)) return;
    this.#resourceVersion = resourceVersion;
    this.#step = { kind: 'watch', resourceVersion };
  }

  #stale(what: string): Setback {
    return setback('stale', `${what}, older than ${this.#resourceVersion}`);
  }

  #isOlder(resourceVersion: string): boolean {
    return (
      this.#resourceVersion !== undefined &&
      (compareResourceVersions(resourceVersion, this.#resourceVersion) ?? 0) < 0
    );
  }

  /** Whether the server has stood by older states for long enough. */
  #believesOlder(resourceVersion: string): boolean {
    const nowMs = this.#clock.nowMs();
    this.#olderSinceMs ??= nowMs;
    if (nowMs - this.#olderSinceMs < this.#limits.disbeliefMs) return false;
    const known = this.#resourceVersion;
    this.#log.error(
      { kind: this.#resource.kind, resourceVersion, known },
      'the API server has gone back in time, as after a restored backup; taking its state',
    );
    return true;
  }

  async #recover(problem: Setback): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (problem.reason !== 'not-found' || this.#step.kind !== 'list') this.#absence.reset();
    else if (this.#resource.optional === true) return this.#waitForResource(this.#absence.count(nowMs));
    else if (!this.#isSynced && this.#onAbsent !== undefined) {
      await this.#onAbsent(this.#absence.count(nowMs));
      if (this.#signal.aborted) return;
    }
    const watch = this.#watch;
    this.#watch = undefined;
    const attempted = this.#step;
    const { step, delayMs, relist } = this.#recovery.after(problem, attempted, { watch, nowMs });
    this.#step = step;
    this.#failures[problem.reason] += 1;
    if (relist !== undefined) this.#relists[relist] += 1;
    this.#staleSinceMs ??= problem.reason === 'silent' && watch !== undefined ? watch.lastHeardMs : nowMs;
    this.#logSetback(problem, attempted, delayMs);
    if (delayMs > 0) await this.#wait(problem.reason, delayMs);
  }

  #logSetback({ reason, message }: Setback, { kind: attempted }: Step, delayMs: number): void {
    const { kind } = this.#resource;
    const fields = { kind, attempted, reason, detail: message, retryInMs: Math.round(delayMs) };
    if (reason === this.#lastReason) this.#log.debug(fields, 'watching failed again');
    else if (reason === 'forbidden') this.#log.error(fields, 'not allowed to watch');
    else if (reason === 'expired') this.#log.info(fields, 'watch expired');
    else if (reason === 'not-found' && this.#mayBeAbsent()) this.#log.info(fields, 'no such resource');
    else this.#log.warn(fields, 'watching failed');
    this.#lastReason = reason;
  }

  /** Whether it is no fault that the server doesn't have the resource. */
  #mayBeAbsent(): boolean {
    return this.#resource.optional === true || (this.#onAbsent !== undefined && !this.#isSynced);
  }

  /**
   * The API server says that it doesn't have this resource: there are no objects of it. One that is starting may say so
   * of a resource that it is yet to load, hence objects are let go only after it has said so several times.
   */
  async #waitForResource({ lists }: Absence): Promise<void> {
    if (this.#ingest.size === 0 || lists >= maxAbsentLists) this.#markAbsent();
    this.#step = { kind: 'list', freshness: { kind: 'latest' } };
    const delayMs = this.#absence.nextDelayMs();
    if (!this.#isAbsent) return this.#wait('not-found', delayMs);
    this.#phase = { kind: 'absent', untilMs: this.#clock.nowMs() + delayMs };
    await pause(this.#clock, delayMs, this.#signal);
  }

  async #wait(reason: FailureReason, delayMs: number): Promise<void> {
    this.#phase = { kind: 'backing-off', reason, untilMs: this.#clock.nowMs() + delayMs };
    await pause(this.#clock, delayMs, this.#signal);
  }

  #markSynced(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#synced.resolve();
    if (!this.#isAbsent) this.#log.info({ kind: this.#resource.kind, objects: this.#ingest.size }, 'synced');
  }

  #markAbsent(): void {
    if (!this.#isAbsent) {
      this.#isAbsent = true;
      const objects = this.#ingest.size;
      this.#log.info({ kind: this.#resource.kind, objects }, 'not installed; counts as empty until it is');
      if (objects > 0 || !this.#isSynced) this.#ingest.replacement().commit();
      this.#lastReason = undefined;
    }
    this.#markSynced();
    this.#markFresh();
  }

  #markPresent(): void {
    this.#absence.reset();
    if (this.#isAbsent)
      this.#log.info({ kind: this.#resource.kind, objects: this.#ingest.size }, 'installed');
    this.#isAbsent = false;
  }

  #markFresh(): void {
    if (this.#lastReason !== undefined && this.#staleSinceMs !== undefined) {
      const staleMs = Math.round(this.#clock.nowMs() - this.#staleSinceMs);
      this.#log.info({ kind: this.#resource.kind, staleMs }, 'watching again');
    }
    this.#lastReason = undefined;
    this.#staleSinceMs = undefined;
  }
}

/** The version that an object carries; empty where it doesn't tell. */
function versionOf(object: unknown): string {
  return JsonNode.root(object).get('metadata').get('resourceVersion').string() ?? '';
}

function zeroes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

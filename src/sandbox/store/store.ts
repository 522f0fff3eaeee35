import { randomUUID } from 'node:crypto';
import { Announcer } from './announcer.js';
import { type Ordered, namespaceRange, objectKey } from './collection.js';
import { type PropagationPolicy, finalizersOnDelete, graceOf, isDone } from './deletion.js';
import { generatedName } from './generated-name.js';
import type { Change, StoreEvent } from './history.js';
import type { KubeObject } from './object.js';
import { namespaceType } from './resource.js';
import type { ResourceType, Subresource } from './resource-type.js';
import { Shelf } from './shelf.js';
import { type Status, alreadyExists, badRequest, conflict, forbidden, invalid, notFound } from './status.js';
import { metadataProblems } from './validation/metadata.js';
import { created, deleting, replaced, versioned } from './write.js';

export type { StoreEvent } from './history.js';

/** The object as it is after the write, or why there was none. */
export type Outcome =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly status: Status };

export interface StoreOptions {
  readonly clock?: () => Date;
  /** How many changes of each type are kept, at least, for watches to start from. Default 10,000. */
  readonly historyLimit?: number;
  /**
   * The version before the first change. Default 0. A store that takes the place of an earlier one behind the same address
   * must begin above all versions of that one: clients compare versions, and refuse to go back in time.
   */
  readonly firstVersion?: number;
  /** Makes the uid of a new object. Default a random UUID. Names from `generateName` derive from it. */
  readonly uid?: () => string;
}

export interface WriteOptions {
  /** Goes through all checks and gives the object that would be, without writing it. */
  readonly dryRun?: boolean;
}

export interface CreateOptions extends WriteOptions {
  /** Part of an initial state: its namespace need not be there yet, and it keeps its own uid and creation time. */
  readonly seed?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: Subresource;
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * Kubernetes objects in memory, with the rules of the API server that don't depend on HTTP: versions, optimistic
 * concurrency, subresources, finalizers, graceful deletion and validation.
 *
 * Objects given out are deeply frozen, and objects given in are copied. Every change gets the next number of one counter
 * as its version, so versions order the changes of all types.
 *
 * Writes are synchronous and so are subscriptions: when a write returns, every listener has seen it, unless the write was
 * made by a listener. Such a write's event follows the event that is being told, so all listeners see one order.
 *
 * Deleting a namespace deletes what is in it. The namespace is gone when its last object is.
 */
export class Store {
  readonly #clock: () => Date;
  readonly #uid: () => string;
  readonly #historyLimit: number;
  readonly #shelves = new Map<string, Shelf>();
  readonly #announcer = new Announcer<Shelf, Change>();
  readonly #population = new Map<string, number>();
  /** No change up to this version is kept of any type. */
  #floor: number;
  #version: number;

  constructor(options: StoreOptions = {}) {
    this.#clock = options.clock ?? (() => new Date());
    this.#uid = options.uid ?? randomUUID;
    this.#historyLimit = options.historyLimit ?? 10_000;
    this.#floor = options.firstVersion ?? 0;
    this.#version = this.#floor;
  }

  /** The version of the latest change; the store's first before there is one. */
  get resourceVersion(): number {
    return this.#version;
  }

  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#shelf(type).present.get(keyOf(type, namespace, name));
  }

  /** The objects of a type, in one namespace or in all, by namespace and name. */
  list(type: ResourceType, namespace?: string): readonly KubeObject[] {
    const { keys, objects } = this.#shelf(type).present.ordered();
    if (namespace === undefined) return objects;
    const { start, end } = namespaceRange(keys, namespace);
    return start === 0 && end === keys.length ? objects : objects.slice(start, end);
  }

  /**
   * All objects of a type as they were at a version, with their keys; undefined where the changes since are no longer held.
   */
  listAt(type: ResourceType, version: number): Ordered | undefined {
    return this.#shelf(type).at(version);
  }

  /** The changes of a type after a version, oldest first; undefined where some are no longer held. */
  changesSince(type: ResourceType, version: number): readonly Change[] | undefined {
    return this.#shelf(type).history.since(version);
  }

  create(type: ResourceType, object: KubeObject, options: CreateOptions = {}): Outcome {
    const uid = this.#uid();
    const { name: given, generateName = '' } = object.metadata;
    const name = given === '' && generateName !== '' ? generatedName(generateName, uid) : given;
    const namespace = type.namespaced ? object.metadata.namespace : undefined;
    const seed = options.seed === true;
    const next = created(type, object, { name, uid, now: this.#clock(), seed });
    const refused = this.#namespaceRefusal(type, namespace, name, seed) ?? invalidity(type, next, undefined);
    if (refused) return { ok: false, status: refused };
    if (this.get(type, namespace, name)) return { ok: false, status: alreadyExists(type, name) };
    return this.#commit(type, 'ADDED', next, undefined, options);
  }

  /**
   * Replaces an object, or one part of it. `metadata.resourceVersion`, where given, must be the current one. An update that
   * changes nothing is no change: it has no event and no version. One that takes the last finalizer off an object in
   * deletion removes it.
   */
  update(type: ResourceType, object: KubeObject, options: UpdateOptions = {}): Outcome {
    const { name, namespace, resourceVersion, uid } = object.metadata;
    const current = this.get(type, namespace, name);
    if (!current) return { ok: false, status: notFound(type, name) };
    const stale = preconditionFailure(type, current, { resourceVersion, uid });
    if (stale) return { ok: false, status: stale };
    const next = replaced(type, current, object, options.subresource);
    const refused = invalidity(type, next, current);
    if (refused) return { ok: false, status: refused };
    if (isDone(next) && !this.#isPopulated(type, name))
      return this.#commit(type, 'DELETED', next, current, options);
    if (next === current) return { ok: true, object: current };
    return this.#commit(type, 'MODIFIED', next, current, options);
  }

  /**
   * Deletes an object. It stays, marked by `deletionTimestamp`, while it has finalizers, and so does a Pod that runs on a
   * node until a later delete with a grace period of 0 says that its processes have ended.
   */
  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Outcome {
    const current = this.get(type, namespace, name);
    if (!current) return { ok: false, status: notFound(type, name) };
    const stale = preconditionFailure(type, current, options.preconditions ?? {});
    if (stale) return { ok: false, status: stale };

    const finalizers = finalizersOnDelete(current, options.propagationPolicy);
    const gracePeriodSeconds = graceOf(current, options.gracePeriodSeconds);
    const populated = this.#isPopulated(type, name);
    if (finalizers.length === 0 && gracePeriodSeconds === 0 && !populated) {
      return this.#commit(type, 'DELETED', current, current, options);
    }
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = current.metadata;
    // A deletion under way can be hastened, not slowed down.
    if (deletionTimestamp !== undefined && gracePeriodSeconds >= deletionGracePeriodSeconds) {
      return { ok: true, object: current };
    }
    const marked = deleting(type, current, { now: this.#clock(), gracePeriodSeconds, finalizers });
    if (!populated) return this.#commit(type, 'MODIFIED', marked, current, options);
    const outcome = this.#commit(
      type,
      'MODIFIED',
      { ...marked, status: { phase: 'Terminating' } },
      current,
      options,
    );
    if (options.dryRun !== true) this.#empty(name);
    return outcome;
  }

  /**
   * Tells `listener` each present object as ADDED, and then every change as it happens, until the function returned is
   * called.
   */
  subscribe(type: ResourceType, listener: (event: StoreEvent) => void): () => void {
    let closed = false;
    const present = this.list(type);
    const close = this.follow(type, ({ event }) => listener(event));
    this.#announcer.before(() => {
      for (const object of present) if (!closed) listener({ type: 'ADDED', object });
    });
    return () => {
      closed = true;
      close();
    };
  }

  /** Tells `listener` every change of a type that happens after this call, until the function returned is called. */
  follow(type: ResourceType, listener: (change: Change) => void): () => void {
    return this.#announcer.follow(this.#shelf(type), this.#version, listener);
  }

  /** Drops the history: watches and lists can no longer ask for a version before the latest. */
  compact(): void {
    this.#floor = this.#version;
    for (const shelf of this.#shelves.values()) shelf.history.compact(this.#version);
  }

  #shelf(type: ResourceType): Shelf {
    const id = `${type.group}/${type.plural}`;
    const known = this.#shelves.get(id);
    if (known) return known;
    const shelf = new Shelf(type, this.#historyLimit, this.#floor);
    this.#shelves.set(id, shelf);
    return shelf;
  }

  #commit(
    type: ResourceType,
    kind: StoreEvent['type'],
    next: KubeObject,
    previous: KubeObject | undefined,
    options: WriteOptions,
  ): Outcome {
    if (options.dryRun === true) return { ok: true, object: next };
    const shelf = this.#shelf(type);
    this.#version += 1;
    const object = versioned(next, this.#version);
    const change: Change = {
      version: this.#version,
      event: { type: kind, object, ...(previous && { previous }) },
    };
    shelf.apply(change.version, change.event);
    this.#announcer.before(() => {
      this.#announcer.announce(shelf, change);
      const namespace = type.namespaced ? object.metadata.namespace : undefined;
      if (namespace !== undefined) this.#count(namespace, kind);
    });
    return { ok: true, object };
  }

  /** Keeps count of what is in a namespace. One in deletion goes with the last of it. */
  #count(namespace: string, kind: StoreEvent['type']): void {
    if (kind === 'MODIFIED') return;
    const count = (this.#population.get(namespace) ?? 0) + (kind === 'ADDED' ? 1 : -1);
    if (count > 0) {
      this.#population.set(namespace, count);
      return;
    }
    this.#population.delete(namespace);
    const object = this.get(namespaceType, undefined, namespace);
    if (object && isDone(object)) this.#commit(namespaceType, 'DELETED', object, object, {});
  }

  /** Whether this is a namespace that something is in. */
  #isPopulated(type: ResourceType, name: string): boolean {
    return type === namespaceType && this.#population.has(name);
  }

  #empty(namespace: string): void {
    for (const { type } of this.#shelves.values()) {
      if (!type.namespaced) continue;
      for (const { metadata } of this.list(type, namespace)) {
        this.delete(type, namespace, metadata.name, { propagationPolicy: 'Background' });
      }
    }
  }

  #namespaceRefusal(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    seed: boolean,
  ): Status | undefined {
    if (!type.namespaced) return undefined;
    if (namespace === undefined || namespace === '') {
      return badRequest('an empty namespace may not be set during creation');
    }
    if (seed) return undefined;
    const found = this.get(namespaceType, undefined, namespace);
    if (!found) return notFound(namespaceType, namespace);
    if (found.metadata.deletionTimestamp === undefined) return undefined;
    const message = `namespace ${namespace} is being terminated`;
    return forbidden(
      type,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }],
    );
  }
}

function keyOf(type: ResourceType, namespace: string | undefined, name: string): string {
  return objectKey(type.namespaced ? namespace : undefined, name);
}

function invalidity(
  type: ResourceType,
  object: KubeObject,
  previous: KubeObject | undefined,
): Status | undefined {
  const problems = [...metadataProblems(type, object, previous), ...type.validate(object, previous)];
  return problems.length === 0 ? undefined : invalid(type, object.metadata.name, problems);
}

function preconditionFailure(
  type: ResourceType,
  current: KubeObject,
  expected: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
): Status | undefined {
  const { name, uid = '', resourceVersion } = current.metadata;
  if (expected.uid !== undefined && expected.uid !== '' && expected.uid !== uid) {
    const cause = `Precondition failed: UID in precondition: ${expected.uid}, UID in object meta: ${uid}`;
    return conflict(type, name, cause);
  }
  const version = expected.resourceVersion;
  if (version === undefined || version === '' || version === resourceVersion) return undefined;
  const cause = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(type, name, cause);
}

import type { Logger } from '../../runtime/log.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Store, StoreEvent } from '../store/store.js';
import type { Clock } from './clock.js';
import type { EventRecorder } from './event-recorder.js';
import type { Views } from './views.js';
import { WorkQueue } from './work-queue.js';

/** What every controller works with. */
export interface ControllerContext {
  readonly store: Store;
  readonly views: Views;
  readonly clock: Clock;
  readonly log: Logger;
  readonly record: EventRecorder;
}

/** A running controller. */
export interface Controller {
  /** Ends it at once: nothing it had still to do is done. */
  stop(): void;
}

export interface ControllerSpec {
  /** For log lines: `deployments`. */
  readonly name: string;
  readonly watches: readonly Watch[];
  /**
   * Brings what `key` names to its desired state, judging only by what is there now. `later` asks for another look at
   * the key. It throws where it can't finish, and is called again after a pause.
   */
  readonly reconcile: (key: string, later: (delayMs: number) => void) => void;
}

/** Which keys an event on an object of `type` concerns. */
export interface Watch {
  readonly type: ResourceType;
  readonly keys: (event: StoreEvent) => readonly string[];
}

export function startController(context: ControllerContext, spec: ControllerSpec): Controller {
  const { store, clock, log } = context;
  const queue: WorkQueue = new WorkQueue({
    name: spec.name,
    clock,
    log,
    reconcile: (key) => spec.reconcile(key, (delayMs) => queue.addAfter(key, delayMs)),
  });
  const unsubscribes = spec.watches.map(({ type, keys }) =>
    store.subscribe(type, (event) => {
      for (const key of keys(event)) queue.add(key);
    }),
  );
  return {
    stop: () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      queue.close();
    },
  };
}

/** The key of an object in a queue: `namespace/name`, or `/name` for an object of the cluster. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Watches the objects that the keys name. */
export function watchOwn(type: ResourceType): Watch {
  return { type, keys: ({ object }) => [keyOf(object)] };
}

/** Watches objects for the sake of whatever of `ownerKind` controls them, or did until this change. */
export function watchControlled(type: ResourceType, owner: ResourceType): Watch {
  return {
    type,
    keys: ({ object, previous }) =>
      [object, previous].flatMap((one) =>
        (one?.metadata.ownerReferences ?? [])
          .filter(({ kind, controller }) => controller === true && kind === owner.kind)
          .map(({ name }) => `${one?.metadata.namespace ?? ''}/${name}`),
      ),
  };
}

export function getByKey(store: Store, type: ResourceType, key: string): KubeObject | undefined {
  const slash = key.indexOf('/');
  return store.get(type, key.slice(0, slash) || undefined, key.slice(slash + 1));
}

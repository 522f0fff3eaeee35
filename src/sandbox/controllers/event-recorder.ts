import { numberAt } from '../store/field.js';
import { type KubeObject, timestamp } from '../store/object.js';
import type { Store } from '../store/store.js';
import type { Clock } from './clock.js';
import * as kinds from './kinds.js';
import { uidOf } from './owner.js';

/** Notes a happening about an object, as `kubectl describe` and `kubectl get events` show it. */
export type EventRecorder = (about: KubeObject, event: RecordedEvent) => void;

export interface RecordedEvent {
  /** One word in camel case: `Scheduled`. */
  readonly reason: string;
  readonly message: string;
  /** Who says so: `kubelet`. */
  readonly source: string;
  /** Default `Normal`. */
  readonly type?: 'Normal' | 'Warning';
}

export interface EventRecorderOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The oldest events go beyond that; 0 records none. */
  readonly maxEvents: number;
}

/**
 * Records core/v1 Events. The same happening to the same object again raises the `count` of the one that is there. Events
 * are a courtesy: one that the store refuses is dropped.
 */
export function createEventRecorder({ store, clock, maxEvents }: EventRecorderOptions): EventRecorder {
  /** What is recorded, oldest first, by what makes two happenings the same. */
  const recorded = new Map<string, { readonly namespace: string; readonly name: string }>();

  return (about, event) => {
    if (maxEvents === 0) return;
    const now = timestamp(new Date(clock.now()));
    const same = `${uidOf(about)} ${event.reason} ${event.message}`;
    const known = recorded.get(same);
    recorded.delete(same);
    const present = known && store.get(kinds.events, known.namespace, known.name);
    const written = present
      ? store.update(kinds.events, {
          ...present,
          count: (numberAt(present, 'count') ?? 1) + 1,
          lastTimestamp: now,
        })
      : store.create(kinds.events, eventObject(about, event, now));
    if (!written.ok) return;
    const { namespace = '', name } = written.object.metadata;
    recorded.set(same, { namespace, name });
    for (const [oldest, { namespace, name }] of recorded) {
      if (recorded.size <= maxEvents) break;
      recorded.delete(oldest);
      store.delete(kinds.events, namespace, name);
    }
  };
}

function eventObject(about: KubeObject, event: RecordedEvent, now: string): KubeObject {
  const { name, resourceVersion } = about.metadata;
  const namespace = about.metadata.namespace ?? 'default';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: '', generateName: `${name.slice(0, 57)}.`, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      ...(about.metadata.namespace !== undefined && { namespace }),
      name,
      uid: uidOf(about),
      resourceVersion,
    },
    type: event.type ?? 'Normal',
    reason: event.reason,
    message: event.message,
    source: { component: event.source },
    reportingComponent: event.source,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}

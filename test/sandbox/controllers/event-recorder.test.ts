import { expect, test } from 'vitest';
import { createEventRecorder } from '../../../src/sandbox/controllers/event-recorder.js';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { VirtualClock } from './virtual-clock.js';

const clock = new VirtualClock();
const about = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '7' },
};

function store(): Store {
  const made = new Store();
  made.create(kinds.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return made;
}

test('an event tells what happened to what, and how often', () => {
  const made = store();
  const record = createEventRecorder({ store: made, clock, maxEvents: 10 });
  record(about, { reason: 'Started', message: 'Started it', source: 'kubelet' });
  clock.advance(5_000);
  record(about, { reason: 'Started', message: 'Started it', source: 'kubelet' });
  expect(made.list(kinds.events)).toEqual([
    expect.objectContaining({
      metadata: expect.objectContaining({
        name: expect.stringMatching(/^web\.[a-z0-9]{5}$/),
        namespace: 'default',
      }),
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'default',
        name: 'web',
        uid: 'u1',
        resourceVersion: '7',
      },
      type: 'Normal',
      reason: 'Started',
      message: 'Started it',
      source: { component: 'kubelet' },
      firstTimestamp: '2030-01-01T12:00:00Z',
      lastTimestamp: '2030-01-01T12:00:05Z',
      count: 2,
    }),
  ]);
});

test('the oldest events make room; those that repeat are not old', () => {
  const made = store();
  const record = createEventRecorder({ store: made, clock, maxEvents: 3 });
  for (const message of ['a', 'b', 'c', 'a', 'd']) record(about, { reason: 'R', message, source: 's' });
  expect(
    made
      .list(kinds.events)
      .map((event) => String(event['message']))
      .toSorted(),
  ).toEqual(['a', 'c', 'd']);
});

test('events that others deleted are recorded afresh, and those that are refused are dropped', () => {
  const made = store();
  const record = createEventRecorder({ store: made, clock, maxEvents: 3 });
  record(about, { reason: 'R', message: 'a', source: 's' });
  const [first] = made.list(kinds.events);
  made.delete(kinds.events, 'default', first!.metadata.name);
  record(about, { reason: 'R', message: 'a', source: 's' });
  record(
    { ...about, metadata: { ...about.metadata, namespace: 'nowhere' } },
    { reason: 'R', message: 'b', source: 's' },
  );
  expect(made.list(kinds.events).map(({ count, message }) => ({ count, message }))).toEqual([
    { count: 1, message: 'a' },
  ]);
});

test('none are recorded where none are to be kept', () => {
  const made = store();
  createEventRecorder({ store: made, clock, maxEvents: 0 })(about, {
    reason: 'R',
    message: 'a',
    source: 's',
  });
  expect(made.list(kinds.events)).toEqual([]);
});

import { beforeEach, describe, expect, test } from 'vitest';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { ObjectIngest } from '../../src/kube/object-ingest.js';
import { endpointSlices } from '../../src/kube/resources.js';
import type { BackendsRow } from '../../src/mesh/rows.js';
import { rawEndpoint, rawSlice } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { RecordingSink } from './recording-sink.js';

let sink: RecordingSink<BackendsRow>;
let log: ReturnType<typeof recordingLog>;
let ingest: ObjectIngest<BackendsRow>;

beforeEach(() => {
  sink = new RecordingSink();
  log = recordingLog();
  ingest = new ObjectIngest({ resource: endpointSlices(meshLabels('conduit.io')), sink, log: log.log });
});

describe('objects that are of no use', () => {
  test('are as good as absent, and go when they become so', () => {
    ingest.apply(rawSlice('none', undefined));
    ingest.apply(rawSlice('web-1', 'web'));
    ingest.apply(rawSlice('web-1', undefined));
    ingest.delete(rawSlice('web-1', undefined));
    expect(sink.verbs).toEqual(['apply default/web-1', 'delete default/web-1']);
    expect(ingest.size).toBe(0);

    const replacement = ingest.replacement();
    replacement.add(rawSlice('none', undefined));
    replacement.add(rawSlice('web-2', 'web'));
    replacement.commit();
    expect(sink.verbs.at(-1)).toBe('reset default/web-2');
    expect(ingest.malformed).toBe(0);
  });
});

describe('objects of which a part is malformed', () => {
  const half = (resourceVersion: string) =>
    rawSlice('web-1', 'web', {
      resourceVersion,
      endpoints: [rawEndpoint('10.1.0.1', 'a'), rawEndpoint('nonsense', 'b')],
    });

  test('serve with the rest of it, and are reported once in each version', () => {
    ingest.apply(half('1'));
    ingest.apply(half('1'));
    ingest.apply(half('2'));
    expect(sink.rows.get('default/web-1')?.groups[0]?.backends.map(({ ip }) => ip)).toEqual(['10.1.0.1']);
    expect(ingest.malformed).toBe(2);
    expect(log.lines).toMatchObject([
      {
        kind: 'EndpointSlice',
        namespace: 'default',
        name: 'web-1',
        resourceVersion: '1',
        field: 'endpoints[1].addresses[0]',
        value: '"nonsense"',
        expected: 'an IP address',
      },
      { resourceVersion: '2' },
    ]);
    expect(log.lines[0]).not.toHaveProperty('more');
  });

  test('are reported with the first problem and the number of the others', () => {
    ingest.apply(
      rawSlice('web-1', 'web', { endpoints: ['a', 'b', 'c'].map((each) => rawEndpoint(each, each)) }),
    );
    expect(ingest.malformed).toBe(1);
    expect(log.lines).toMatchObject([{ field: 'endpoints[0].addresses[0]', more: 2 }]);
  });

  test('are forgotten with the object', () => {
    ingest.apply(half('1'));
    ingest.delete(half('1'));
    ingest.apply(half('1'));
    const replacement = ingest.replacement();
    replacement.commit();
    ingest.apply(half('1'));
    expect(ingest.malformed).toBe(3);
  });
});

test('a replacement that isn’t committed changes nothing', () => {
  ingest.apply(rawSlice('web-1', 'web'));
  ingest.replacement().add(rawSlice('web-2', 'web'));
  expect(sink.verbs).toEqual(['apply default/web-1']);
  expect(ingest.size).toBe(1);
});

test('a replacement keeps the last good row of what is malformed, and forgets what it doesn’t list', () => {
  const bad = (name: string) => ({ ...rawSlice(name, 'web'), endpoints: 7 });
  ingest.apply(rawSlice('web-1', 'web'));
  ingest.apply(rawSlice('web-2', 'web'));
  ingest.apply(bad('web-3'));
  const lastGood = sink.rows.get('default/web-1');

  const replacement = ingest.replacement();
  replacement.add(bad('web-1'));
  replacement.add(bad('web-4'));
  replacement.commit();
  expect(sink.verbs.at(-1)).toBe('reset default/web-1');
  expect(sink.rows.get('default/web-1')).toBe(lastGood);
  expect([ingest.size, ingest.malformed]).toEqual([1, 3]);

  // Those that the list held are still known to be in trouble, and the one that it didn't is not.
  for (const name of ['web-1', 'web-3', 'web-4']) ingest.apply(bad(name));
  expect(ingest.malformed).toBe(4);
});

test('what is applied and what is listed anew is put together from parts of the row that the sink has', () => {
  const web = (...ready: boolean[]) => {
    const raw = rawSlice('web-1', 'web');
    return {
      ...raw,
      endpoints: ready.map((each, at) => ({ addresses: [`10.0.0.${at + 1}`], conditions: { ready: each } })),
    };
  };
  const backend = (at: number) => sink.rows.get('default/web-1')?.groups[0]?.backends[at];
  ingest.apply(web(true, true));
  const [first, second] = [backend(0), backend(1)];
  ingest.apply(web(true, false));
  expect(backend(0)).toBe(first);
  expect(backend(1)).not.toBe(second);

  const third = backend(1);
  const replacement = ingest.replacement();
  replacement.add(web(false, false));
  replacement.commit();
  expect(backend(0)).not.toBe(first);
  expect(backend(1)).toBe(third);
});

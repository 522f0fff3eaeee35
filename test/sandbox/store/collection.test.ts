import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Collection, namespaceRange } from '../../../src/sandbox/store/collection.js';
import { configMap, configMaps, testStore } from './kit.js';

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const writes = fc.array(fc.record({ name: names, remove: fc.boolean(), read: fc.boolean() }), {
  maxLength: 60,
});

test('whatever is written and read, the order is that of the keys', () => {
  fc.assert(
    fc.property(writes, (sequence) => {
      const collection = new Collection();
      const model = new Map<string, unknown>();
      for (const { name, remove, read } of sequence) {
        const key = `web/${name}`;
        const object = configMap(name);
        if (remove) {
          collection.delete(key);
          model.delete(key);
        } else {
          collection.set(key, object);
          model.set(key, object);
        }
        if (!read) continue;
        const keys = [...model.keys()].sort();
        expect(collection.ordered()).toStrictEqual({ keys, objects: keys.map((one) => model.get(one)) });
      }
    }),
  );
});

test('a past state is what the list was then', () => {
  fc.assert(
    fc.property(writes, (sequence) => {
      const store = testStore();
      const past: { version: number; objects: readonly unknown[] }[] = [];
      for (const [index, { name, remove, read }] of sequence.entries()) {
        if (remove) store.delete(configMaps, 'web', name);
        else if (!store.create(configMaps, configMap(name)).ok) {
          store.update(configMaps, configMap(name, { index: String(index) }));
        }
        if (read) past.push({ version: store.resourceVersion, objects: store.list(configMaps) });
      }
      for (const { version, objects } of past) {
        expect(store.listAt(configMaps, version)?.objects).toStrictEqual(objects);
      }
    }),
    { numRuns: 50 },
  );
});

test('a namespace is told from those whose names begin with its own', () => {
  const keys = ['/x', 'web-2/a', 'web.x/a', 'web/a', 'web/b', 'web0/a', 'web1/a'].sort();
  const { start, end } = namespaceRange(keys, 'web');
  expect(keys.slice(start, end)).toStrictEqual(['web/a', 'web/b']);
  expect(namespaceRange(keys, 'none')).toStrictEqual({ start: 1, end: 1 });
  expect(namespaceRange(keys, undefined)).toStrictEqual({ start: 0, end: 7 });
});

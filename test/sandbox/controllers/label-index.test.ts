import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { LabelIndex, SelectorIndex } from '../../../src/sandbox/controllers/label-index.js';
import { labelSelectorOf, mapSelectorOf } from '../../../src/sandbox/controllers/labels.js';
import { at } from '../../../src/sandbox/store/field.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { pod, service } from './test-cluster.js';

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'zone'), fc.constantFrom('a', 'b', 'c'));
const change = fc.record({ name: fc.constantFrom('p', 'q', 'r', 's'), labels, gone: fc.boolean() });
const expression = fc.record({
  key: fc.constantFrom('app', 'tier'),
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Bogus'),
  values: fc.uniqueArray(fc.constantFrom('a', 'b'), { minLength: 1 }),
});

test('a label index finds what a scan of everything finds', () => {
  const selector = fc.record({
    matchLabels: labels,
    matchExpressions: fc.array(expression, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), selector, (changes, query) => {
      const store = new Store();
      const index = new LabelIndex(store, kinds.pods);
      for (const { name, labels: now, gone } of changes) {
        const object = pod(name, { labels: now });
        if (gone) store.delete(kinds.pods, 'default', name);
        else if (store.get(kinds.pods, 'default', name)) {
          const present = store.get(kinds.pods, 'default', name)!;
          store.update(kinds.pods, { ...present, metadata: { ...present.metadata, labels: now } });
        } else store.create(kinds.pods, object, { seed: true });
      }
      const parsed = labelSelectorOf(query);
      const scanned = store
        .list(kinds.pods, 'default')
        .filter((one) => parsed.selects(one.metadata.labels ?? {}));
      const found = index.selected('default', parsed).map((one) => one.metadata.name);
      expect(found.toSorted()).toEqual(scanned.map((one) => one.metadata.name));
      expect(index.selected('other', parsed)).toEqual([]);
      index.close();
    }),
  );
});

test('a selector index finds what selects given labels', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), labels, (changes, query) => {
      const store = new Store();
      const index = new SelectorIndex(store, kinds.services, (one) =>
        mapSelectorOf(at(one, 'spec', 'selector')),
      );
      for (const { name, labels: selector, gone } of changes) {
        const present = store.get(kinds.services, 'default', name);
        if (gone) store.delete(kinds.services, 'default', name);
        else if (present) store.update(kinds.services, { ...service(name, { selector }) });
        else store.create(kinds.services, service(name, { selector }), { seed: true });
      }
      const scanned = store
        .list(kinds.services)
        .filter((one) => {
          const pairs = Object.entries(at(one, 'spec', 'selector') ?? {});
          return pairs.length > 0 && pairs.every(([key, value]) => query[key] === value);
        })
        .map((one) => one.metadata.name);
      expect(
        index
          .selecting('default', query)
          .map((one) => one.metadata.name)
          .toSorted(),
      ).toEqual(scanned);
      expect(index.selecting('other', query)).toEqual([]);
      index.close();
    }),
  );
});

test('an empty selector selects nothing', () => {
  for (const empty of [undefined, {}, { matchLabels: {} }, { matchLabels: {}, matchExpressions: [] }]) {
    expect(labelSelectorOf(empty).selects({ app: 'a' })).toBe(false);
  }
});

test('labels meet only selectors that could select them', () => {
  const store = new Store();
  let asked = 0;
  const index = new SelectorIndex(store, kinds.services, (one) => {
    const selector = mapSelectorOf(at(one, 'spec', 'selector'));
    return { ...selector, selects: (query) => (asked++, selector.selects(query)) };
  });
  for (let number = 0; number < 2_000; number += 1) {
    const selector = { tier: 'back', app: `app-${number}` };
    store.create(kinds.services, service(`s-${number}`, { selector }), { seed: true });
  }
  const found = index.selecting('default', { app: 'app-7', tier: 'back', version: '1' });
  expect(found.map(({ metadata }) => metadata.name)).toEqual(['s-7']);
  expect(asked).toBeLessThan(5);
});

import { describe, expect, test } from 'vitest';
import { Catalog } from '../../../src/sandbox/store/catalog.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { apiVersionOf, resources } from '../../../src/sandbox/store/resource.js';
import type { Store } from '../../../src/sandbox/store/store.js';
import { definitions, objectOf, start, testStore, written } from './kit.js';

function definition(spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return objectOf(definitions, 'widgets.example.com', {
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [version('v1', { storage: true })],
      ...spec,
    },
  });
}

function version(name: string, fields: Readonly<Record<string, unknown>> = {}): object {
  return { name, served: true, storage: false, schema: { openAPIV3Schema: { type: 'object' } }, ...fields };
}

function catalogOf(store: Store): Catalog {
  return new Catalog(store, { clock: () => start });
}

describe('a catalog', () => {
  test('has the built-in types, each once', () => {
    const { types } = catalogOf(testStore());
    expect(types).toBe(resources);
    const ids = types.map((type) => `${apiVersionOf(type)}/${type.plural}`);
    expect(new Set(ids).size).toBe(ids.length);
    const names = types.flatMap(({ shortNames, plural, singular, group }) =>
      [...shortNames, plural, ...(singular === plural ? [] : [singular])].map((name) => `${name}.${group}`),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('takes up a definition, whether it was there before or comes later', () => {
    const store = testStore();
    const later = catalogOf(store);
    expect(later.byKind('example.com/v1', 'Widget')).toBeUndefined();
    store.create(definitions, definition());
    const earlier = catalogOf(store);
    for (const catalog of [later, earlier]) {
      expect(catalog.byKind('example.com/v1', 'Widget')).toMatchObject({
        plural: 'widgets',
        singular: 'widget',
        shortNames: ['wd'],
        namespaced: true,
        custom: true,
        subresources: [],
      });
      expect(catalog.find('example.com', 'v1', 'widgets')?.kind).toBe('Widget');
    }
  });

  test('says in its status that a definition is in force', () => {
    const store = testStore();
    catalogOf(store);
    store.create(definitions, definition());
    expect(store.get(definitions, undefined, 'widgets.example.com')?.['status']).toStrictEqual({
      acceptedNames: {
        plural: 'widgets',
        kind: 'Widget',
        shortNames: ['wd'],
        singular: 'widget',
        listKind: 'WidgetList',
      },
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'True',
          lastTransitionTime: '2026-01-02T03:04:05Z',
          reason: 'NoConflicts',
          message: 'no conflicts found',
        },
        {
          type: 'Established',
          status: 'True',
          lastTransitionTime: '2026-01-02T03:04:05Z',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ],
      storedVersions: ['v1'],
    });
  });

  test('serves the versions that are served, over the same objects', () => {
    const store = testStore();
    const catalog = catalogOf(store);
    const versions = [version('v1', { storage: true }), version('v2'), version('v3', { served: false })];
    store.create(definitions, definition({ versions }));
    const [v1, v2] = ['v1', 'v2'].map((name) => catalog.find('example.com', name, 'widgets')!);
    expect(catalog.find('example.com', 'v3', 'widgets')).toBeUndefined();
    const created = written(store.create(v1!, objectOf(v1!, 'a', { spec: { size: 1 } })));
    expect(store.get(v2!, 'web', 'a')).toBe(created);
  });

  test('forgets a type with its definition, and the objects of it', () => {
    const store = testStore();
    const retracted: string[] = [];
    const catalog = new Catalog(store, {
      onRetract: (types) => retracted.push(...types.map((type) => `${apiVersionOf(type)}/${type.plural}`)),
    });
    store.create(definitions, definition({ scope: 'Cluster' }));
    const type = catalog.find('example.com', 'v1', 'widgets')!;
    store.create(type, objectOf(type, 'a'));
    const { revision } = catalog;
    store.delete(definitions, undefined, 'widgets.example.com');
    expect(retracted).toEqual(['example.com/v1/widgets']);
    expect(store.list(type)).toStrictEqual([]);
    expect(catalog.types).toStrictEqual(resources);
    expect(catalog.revision).toBeGreaterThan(revision);
  });
});

test('a definition’s printer columns', () => {
  const store = testStore();
  const catalog = catalogOf(store);
  const additionalPrinterColumns = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'how large' },
    { name: 'Tags', type: 'string', jsonPath: '.spec.tags', priority: 1 },
    { name: 'Since', type: 'date', jsonPath: '.status.since' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ];
  const versions = [version('v1', { storage: true, additionalPrinterColumns })];
  store.create(definitions, definition({ versions }));
  const { columns } = catalog.find('example.com', 'v1', 'widgets')!;
  const object = objectOf(catalog.find('example.com', 'v1', 'widgets')!, 'a', {
    metadata: { creationTimestamp: '2026-01-02T03:04:00Z' },
    spec: { size: 3, tags: ['x'] },
    status: { since: '2026-01-02T03:03:05Z' },
  });
  const now = new Date('2026-01-02T03:04:05Z');
  expect(
    columns.map((column) => [column.name, column.type, column.priority, column.cell(object, now)]),
  ).toStrictEqual([
    ['Name', 'string', 0, 'a'],
    ['Size', 'integer', 0, 3],
    ['Tags', 'string', 1, '["x"]'],
    ['Since', 'date', 0, '60s'],
    ['Age', 'string', 0, '5s'],
  ]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allResourceKinds } from '../../src/core/resource.js';
import {
  Resource,
  ResourceKind,
  type ResourceSelection as SelectionMessage,
  ResourceSelection,
} from '../../src/gen/conduit/api/v1/resource.js';
import {
  readResource,
  readResourceKind,
  readResourceSelection,
  toResource,
  toResourceKind,
  toResourceSelection,
} from '../../src/wire/resource.js';

const web: SelectionMessage = {
  kind: ResourceKind.DEPLOYMENT,
  namespace: 'shop',
  name: 'web',
  labelSelector: 'app=web,!canary',
};

function problem(fields: Partial<SelectionMessage>): string | undefined {
  const read = readResourceSelection({ ...web, ...fields }, 'selections[0]');
  return read.ok ? undefined : read.problem;
}

describe('kinds', () => {
  test('each has a number of its own, and every number of the contract is one', () => {
    const numbers = allResourceKinds.map(toResourceKind);
    expect(numbers.map(readResourceKind)).toEqual(allResourceKinds);
    const all = Object.values(ResourceKind).filter(
      (kind) => kind !== ResourceKind.UNSPECIFIED && kind !== ResourceKind.UNRECOGNIZED,
    );
    expect([...numbers].sort((a, b) => a - b)).toEqual(all);
  });

  test('neither none nor one of a later contract is known', () => {
    const later = ResourceSelection.decode(Uint8Array.of(0x08, 99)).kind;
    expect([ResourceKind.UNSPECIFIED, later].map(readResourceKind)).toEqual([undefined, undefined]);
  });
});

test('a resource is the same there and back', () => {
  for (const kind of allResourceKinds) {
    const id = { kind, namespace: kind === 'Namespace' ? '' : 'shop', name: 'web' };
    const bytes = Resource.encode(Resource.fromPartial(toResource(id))).finish();
    expect(readResource(Resource.decode(bytes))).toEqual(id);
  }
  expect(readResource({ kind: ResourceKind.UNSPECIFIED, namespace: '', name: '' })).toBeUndefined();
});

describe('a selection', () => {
  test('is read with its labels', () => {
    expect(readResourceSelection(web, 'target')).toEqual({
      ok: true,
      value: {
        kind: 'Deployment',
        namespace: 'shop',
        name: 'web',
        labels: [
          { kind: 'in', label: 'app', values: ['web'] },
          { kind: 'absent', label: 'canary' },
        ],
      },
    });
  });

  test('is all of everywhere where nothing else is said', () => {
    const message = { kind: ResourceKind.POD, namespace: '', name: '', labelSelector: '' };
    expect(readResourceSelection(message, 'target')).toEqual({
      ok: true,
      value: { kind: 'Pod', namespace: undefined, name: undefined, labels: [] },
    });
  });

  test('is the same there and back', () => {
    for (const kind of allResourceKinds) {
      const its = { kind, namespace: kind === 'Namespace' ? undefined : 'shop', name: 'web' };
      expect(readResourceSelection(toResourceSelection(its, ''), 'to')).toEqual({
        ok: true,
        value: { ...its, labels: [] },
      });
    }
  });

  test.each<[string, Partial<SelectionMessage>, string]>([
    ['of no kind', { kind: ResourceKind.UNSPECIFIED }, 'selections[0].kind: 0; expected a known kind'],
    [
      'by name without a namespace',
      { namespace: '' },
      'selections[0].namespace: ""; expected the namespace of "web"',
    ],
    [
      'of a namespace in one',
      { kind: ResourceKind.NAMESPACE },
      'selections[0].namespace: "shop"; expected none, because a namespace is in none',
    ],
    [
      'of an authority by labels',
      { kind: ResourceKind.AUTHORITY },
      'selections[0].label_selector: "app=web,!canary"; expected none, because an authority has no pods',
    ],
    [
      'with labels that are none',
      { labelSelector: 'app==,=' },
      'selections[0].label_selector: "=" is no label requirement; expected key, !key, key=value, key!=value, key in (a,b) or key notin (a,b)',
    ],
    [
      'with a long name',
      { name: 'x'.repeat(254) },
      `selections[0].name: "${'x'.repeat(100)}…"; expected at most 253 characters`,
    ],
    [
      'with a long namespace',
      { namespace: 'x'.repeat(64) },
      `selections[0].namespace: "${'x'.repeat(64)}"; expected at most 63 characters`,
    ],
  ])('%s is refused, with the field', (_, fields, expected) => {
    expect(problem(fields)).toBe(expected);
  });

  test('of an authority may be as long as a name and a port are', () => {
    const authority = { kind: ResourceKind.AUTHORITY, labelSelector: '' };
    expect(problem({ ...authority, name: 'x'.repeat(270) })).toBeUndefined();
    expect(problem({ ...authority, name: 'x'.repeat(271) })).toMatch(/at most 270 characters$/);
  });

  test('that isn’t there is missing', () => {
    expect(readResourceSelection(undefined, 'target')).toEqual({ ok: false, problem: 'target: missing' });
  });

  test('of any content is either read or refused in one short line', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        text,
        text,
        text,
        (kind, namespace, name, labelSelector) => {
          const message = { kind: kind as ResourceKind, namespace, name, labelSelector };
          const read = readResourceSelection(message, 'target');
          if (read.ok) return;
          expect(read.problem).toMatch(/^target\.(kind|namespace|name|label_selector): [^\n]+$/);
          expect(read.problem.length).toBeLessThan(1_000);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type LabelRequirement,
  type LabelSelector,
  labelTerms,
  matchesLabels,
  selectorTerms,
} from '../../src/core/labels.js';

const tierIsWebOrApi: LabelRequirement = { kind: 'in', label: 'tier', values: ['web', 'api'] };
const tierIsNotDb: LabelRequirement = { kind: 'not-in', label: 'tier', values: ['db'] };
const hasTier: LabelRequirement = { kind: 'exists', label: 'tier' };
const hasNoTier: LabelRequirement = { kind: 'absent', label: 'tier' };

describe('a selector', () => {
  test.each<[LabelSelector, Readonly<Record<string, string>>, boolean]>([
    [[], {}, true],
    [[tierIsWebOrApi], { tier: 'api' }, true],
    [[tierIsWebOrApi], { tier: 'db' }, false],
    [[tierIsWebOrApi], {}, false],
    [[tierIsNotDb], { tier: 'web' }, true],
    [[tierIsNotDb], {}, true],
    [[tierIsNotDb], { tier: 'db' }, false],
    [[hasTier], { tier: '' }, true],
    [[hasTier], {}, false],
    [[hasNoTier], {}, true],
    [[hasNoTier], { tier: '' }, false],
    [[tierIsWebOrApi, hasNoTier], { tier: 'web' }, false],
    [[{ kind: 'in', label: 'tier', values: [''] }], { tier: '' }, true],
    [[{ kind: 'in', label: 'tier', values: [''] }], {}, false],
  ])('%j of %j: %s', (selector, labels, matches) => {
    expect(matchesLabels(selector, labels)).toBe(matches);
  });

  test('sees no labels that objects inherit', () => {
    expect(matchesLabels([{ kind: 'exists', label: 'constructor' }], {})).toBe(false);
    expect(matchesLabels([{ kind: 'absent', label: 'toString' }], {})).toBe(true);
    expect(matchesLabels([{ kind: 'not-in', label: '__proto__', values: ['x'] }], {})).toBe(true);
  });
});

const name = fc.constantFrom('app', 'tier', 'zone', 'constructor');
const value = fc.constantFrom('', 'a', 'b', 'c');
const requirement = fc.oneof(
  fc.record({ kind: fc.constantFrom('in', 'not-in'), label: name, values: fc.array(value) }),
  fc.record({ kind: fc.constantFrom('exists', 'absent'), label: name }),
) as fc.Arbitrary<LabelRequirement>;

test('what a selector matches is filed under one of its terms, and is not found twice', () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), fc.dictionary(name, value), (selector, labels) => {
      const filed = labelTerms(labels).filter((term) => selectorTerms(selector).includes(term));
      expect(filed.length).toBeLessThanOrEqual(1);
      if (matchesLabels(selector, labels)) expect(filed).toHaveLength(1);
    }),
    { numRuns: 1_000 },
  );
});

test('a selector that asks for a value isn’t looked at for objects without it', () => {
  const terms = selectorTerms([hasTier, tierIsWebOrApi]);
  expect(terms).toEqual(['tier=web', 'tier=api']);
  expect(labelTerms({ app: 'x', tier: 'db' }).filter((term) => terms.includes(term))).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { compareResourceVersions } from '../../src/kube/resource-version.js';

describe('resource versions', () => {
  test.each([
    ['1', '1', 0],
    ['9', '10', -1],
    ['10', '9', 1],
    ['99', '100', -1],
    ['340282366920938463463374607431768211455', '340282366920938463463374607431768211454', 1],
    ['abc', 'abc', 0],
  ])('%s and %s', (a, b, sign) => {
    expect(Math.sign(compareResourceVersions(a, b) ?? Number.NaN)).toBe(sign);
  });

  test.each([
    ['abc', 'abd'],
    ['1', ''],
    ['01', '2'],
    ['-1', '2'],
    ['1.5', '2'],
  ])('%s and %s have no order', (a, b) => {
    expect(compareResourceVersions(a, b)).toBeUndefined();
    expect(compareResourceVersions(b, a)).toBeUndefined();
  });
});

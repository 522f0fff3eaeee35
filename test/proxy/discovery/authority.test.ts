import { expect, test } from 'vitest';
import { normalAuthority, shortAuthority } from '../../../src/proxy/discovery/authority.js';

test.each([
  ['web.shop.svc.cluster.local', 'web.shop.svc.cluster.local:80'],
  ['Web:8080', 'web:8080'],
  ['web.:80', 'web:80'],
  ['web:', 'web:80'],
  ['10.0.0.1', '10.0.0.1:80'],
  ['[::1]:81', '[::1]:81'],
  ['', undefined],
  ['.', undefined],
  ['web:0', undefined],
  ['web:70000', undefined],
  ['web:x', undefined],
  ['user@web', undefined],
  ['a b', undefined],
  ['::1', undefined],
])('%s is asked for as %s', (text, expected) => {
  expect(normalAuthority(text)).toBe(expected);
});

test('metrics leave the default port out', () => {
  expect(['web:80', 'web:8080'].map(shortAuthority)).toEqual(['web', 'web:8080']);
});

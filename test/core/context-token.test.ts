import { expect, test } from 'vitest';
import { parseContextToken } from '../../src/core/context-token.js';

const nothing = { namespace: undefined, nodeName: undefined, pod: undefined };

test.each([
  [
    '{"ns":"shop","nodeName":"node-1","pod":"web-0"}\n',
    { namespace: 'shop', nodeName: 'node-1', pod: 'web-0' },
  ],
  ['{"NS":"shop","NodeName":"node-1"}', { ...nothing, namespace: 'shop', nodeName: 'node-1' }],
  ['{"ns":"shop","else":{"a":[1]}}', { ...nothing, namespace: 'shop' }],
  ['{"ns":"","nodeName":""}', nothing],
  ['{}', nothing],
  [`{"ns":"${'a'.repeat(254)}","nodeName":"node-1"}`, { ...nothing, nodeName: 'node-1' }],
  ['ns:shop', { ...nothing, namespace: 'shop' }],
  ['ns:shop\n', { ...nothing, namespace: 'shop' }],
  ['', nothing],
  ['ns:', nothing],
  ['ns:shop:more', nothing],
  ['namespace:shop', nothing],
  ['{"ns":1,"nodeName":"node-1"}', nothing],
  ['[]', nothing],
  ['null', nothing],
  ['{"ns":"shop"', nothing],
  [`{"ns":"${'a'.repeat(5_000)}"}`, nothing],
  ['['.repeat(100_000), nothing],
  ['\uFFFD\u0000', nothing],
])('%j', (text, expected) => {
  expect(parseContextToken(text)).toEqual(expected);
});

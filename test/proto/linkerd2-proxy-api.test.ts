import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { descriptorSetBase64 } from '../../src/gen/descriptor-set.js';
import { descriptorFacts } from '../kit/descriptor-facts.js';

test('the contracts of discovery and tap are linkerd2-proxy-api’s, field for field', () => {
  const packages = ['net', 'http_types', 'meta', 'destination', 'tap'].map(
    (name) => `io.linkerd.proxy.${name}`,
  );
  const expected = readFileSync('test/fixtures/linkerd2-proxy-api.facts.txt', 'utf8').trimEnd().split('\n');
  expect(descriptorFacts(Buffer.from(descriptorSetBase64, 'base64'), packages)).toEqual(expected);
});

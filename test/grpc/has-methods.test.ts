import { expect, test } from 'vitest';
import { hasMethods } from '../../src/grpc/has-methods.js';

class Stream {
  readonly readable = true;
  close(): void {}
}

test('own and inherited methods are found, and nothing else is one', () => {
  expect(hasMethods(new Stream(), 'close')).toBe(true);
  expect(hasMethods({ open() {}, close() {} }, 'open', 'close')).toBe(true);
  expect(hasMethods(new Stream(), 'close', 'write')).toBe(false);
  expect(hasMethods(new Stream(), 'readable')).toBe(false);
  for (const value of [undefined, null, 'text', 1]) expect(hasMethods(value, 'toString')).toBe(false);
});

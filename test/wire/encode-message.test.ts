import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { encodeMessage } from '../../src/wire/encode-message.js';

/** A message that is a text in field 1. */
const text = {
  encode: (message: string, writer: BinaryWriter): BinaryWriter => writer.uint32(10).string(message),
};

/** The same, which fails when it is half done. */
const failing = {
  encode: (message: string, writer: BinaryWriter): BinaryWriter => {
    text.encode(message, writer.uint32(18).fork());
    throw new Error('half done');
  },
};

test('a message is what it would be alone, whatever was encoded before it', () => {
  const small = new Uint8Array([10, 2, 104, 105]);
  expect(encodeMessage(text, 'hi')).toEqual(small);
  expect(encodeMessage(text, 'x'.repeat(200_000))).toHaveLength(200_000 + 4);
  expect(encodeMessage(text, 'hi')).toEqual(small);
});

test('a message stays as it is when the next is encoded', () => {
  const first = encodeMessage(text, 'one');
  encodeMessage(text, 'two');
  expect(first).toEqual(new Uint8Array([10, 3, 111, 110, 101]));
});

test('nothing of a message that could not be encoded is in the next', () => {
  expect(() => encodeMessage(failing, 'one')).toThrow('half done');
  expect(encodeMessage(text, 'hi')).toEqual(new Uint8Array([10, 2, 104, 105]));
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ListSplitter } from '../../src/kube/list-splitter.js';

function split(chunks: readonly Buffer[]): { items: unknown[]; envelope: unknown } {
  const splitter = new ListSplitter({ maxItemBytes: 10_000 });
  const items: unknown[] = [];
  for (const chunk of chunks) {
    for (const item of splitter.push(chunk) ?? ['too long']) items.push(JSON.parse(item));
  }
  return { items, envelope: JSON.parse(splitter.end()) };
}

function chop(bytes: Buffer, size: number): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

describe('list splitter', () => {
  test('finds the items and what surrounds them, for any JSON, layout and chopping', () => {
    const item = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue());
    // Keys that hold the word, and values that look like structure, must not confuse it.
    const key = fc.oneof(fc.string(), fc.constantFrom('item', 'items ', 'xitems', '"items":[', 'metadata'));
    const rest = fc.dictionary(
      key.filter((name) => name !== 'items' && name !== '__proto__'),
      fc.oneof(fc.jsonValue(), fc.constantFrom('items', '"items":[{}]', { items: [{ a: 1 }] })),
    );
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 6 }),
        rest,
        rest,
        fc.constantFrom(0, 2),
        fc.integer({ min: 1, max: 64 }),
        (items, before, after, indent, size) => {
          const text = JSON.stringify({ ...before, items, ...after }, undefined, indent);
          const { items: _, ...others } = JSON.parse(text);
          const found = split(chop(Buffer.from(text), size));
          expect(found.items).toEqual(JSON.parse(JSON.stringify(items)));
          expect(found.envelope).toEqual({ ...others, items: [] });
        },
      ),
    );
  });

  test('takes a list without items, or with null, for an empty one', () => {
    for (const text of [
      '{"metadata":{"resourceVersion":"1"}}',
      '{"metadata":{"resourceVersion":"1"},"items":null}',
    ]) {
      expect(split([Buffer.from(text)])).toEqual({ items: [], envelope: JSON.parse(text) });
    }
  });

  test('bounds an item and the envelope', () => {
    const splitter = (): ListSplitter => new ListSplitter({ maxItemBytes: 20 });
    expect(splitter().push(Buffer.from('{"items":[{"a":1},{"b":"0123456789"}'))).toEqual([
      '{"a":1}',
      '{"b":"0123456789"}',
    ]);
    expect(splitter().push(Buffer.from('{"items":[{"b":"0123456789012345"}'))).toBeUndefined();
    expect(splitter().push(Buffer.from('{"items":[{"b":"01234567890123456789'))).toBeUndefined();
    expect(splitter().push(Buffer.from('{"metadata":{"resourceVersion":"1"},"items":[]}'))).toBeUndefined();
  });
});

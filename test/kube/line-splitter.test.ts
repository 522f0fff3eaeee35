import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/kube/line-splitter.js';

/** Cuts `bytes` at the given places, as fractions of its length. */
function chop(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [...new Set([0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function split(chunks: readonly Buffer[], maxLineBytes = 1_000): { lines: string[]; rest: string } {
  const splitter = new LineSplitter({ maxLineBytes });
  const lines: string[] = [];
  for (const chunk of chunks) lines.push(...(splitter.push(chunk) ?? ['too long']));
  return { lines, rest: splitter.end() };
}

describe('line splitter', () => {
  test('any chopping gives the same lines, whatever characters they hold', () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((text) => `x${text.replaceAll(/\s/gu, '_')}`);
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), cuts, (lines, terminated, places) => {
        const rest = terminated || lines.length === 0 ? '' : (lines.at(-1) ?? '');
        const whole = terminated ? lines : lines.slice(0, -1);
        const text = whole.map((each) => `${each}\n`).join('') + rest;
        expect(split(chop(Buffer.from(text), places))).toEqual({ lines: whole, rest });
      }),
    );
  });

  test('leaves out blank lines and carriage returns', () => {
    expect(split([Buffer.from('\n\r\na\r\n\n  \nb\n')])).toEqual({ lines: ['a', 'b'], rest: '' });
  });

  test('a line over the limit is refused, whether or not it ends, however it comes', () => {
    const splitter = (): LineSplitter => new LineSplitter({ maxLineBytes: 4 });
    expect(splitter().push(Buffer.from('abcd\nef\n'))).toEqual(['abcd', 'ef']);
    expect(splitter().push(Buffer.from('abcde\n'))).toBeUndefined();
    expect(splitter().push(Buffer.from('abcde'))).toBeUndefined();
    const slow = splitter();
    expect(slow.push(Buffer.from('abc'))).toEqual([]);
    expect(slow.push(Buffer.from('de'))).toBeUndefined();
    const late = splitter();
    expect(late.push(Buffer.from('abc'))).toEqual([]);
    expect(late.push(Buffer.from('de\n'))).toBeUndefined();
  });
});

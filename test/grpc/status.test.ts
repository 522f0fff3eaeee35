import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sendableDetails, StatusError, statusOf } from '../../src/grpc/status.js';

describe('statusOf', () => {
  test.each([
    { what: 'a StatusError', error: new StatusError(3, 'bad'), expected: { code: 3, details: 'bad' } },
    { what: 'a plain status', error: { code: 14, details: 'away' }, expected: { code: 14, details: 'away' } },
    { what: 'the first code', error: { code: 1, details: '' }, expected: { code: 1, details: '' } },
    { what: 'the last code', error: { code: 16, details: '' }, expected: { code: 16, details: '' } },
  ])('$what is one', ({ error, expected }) => {
    expect(statusOf(error)).toMatchObject(expected);
  });

  test.each([
    { what: 'OK', error: { code: 0, details: '' } },
    { what: 'UNKNOWN', error: new StatusError(2, 'who knows') },
    { what: 'a code beyond the last', error: { code: 17, details: '' } },
    { what: 'a fraction', error: { code: 3.5, details: '' } },
    { what: 'a code in words', error: { code: 'ECONNRESET', details: '' } },
    { what: 'a code alone', error: { code: 3 } },
    { what: 'an Error with code and details', error: Object.assign(new Error(''), { code: 3, details: '' }) },
    { what: 'an Error', error: new Error('boom') },
    { what: 'null', error: null },
    { what: 'undefined', error: undefined },
    { what: 'text', error: 'boom' },
  ])('$what is none', ({ error }) => {
    expect(statusOf(error)).toBeUndefined();
  });

  test('a StatusError is an Error with a cause', () => {
    const cause = new Error('why');
    expect(new StatusError(3, 'bad', { cause })).toMatchObject({
      name: 'StatusError',
      message: 'bad',
      code: 3,
      details: 'bad',
      cause,
    });
  });
});

describe('sendableDetails', () => {
  test('leaves what can be sent as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (details) => {
        fc.pre(Buffer.byteLength(details) <= 1_000);
        expect(sendableDetails(details)).toBe(details);
      }),
    );
  });

  test('never exceeds 1,000 bytes and never breaks a header, whatever comes in', () => {
    const anything = fc.array(fc.nat({ max: 0xffff }), { maxLength: 1_500 });
    fc.assert(
      fc.property(anything, (units) => {
        const sendable = sendableDetails(String.fromCharCode(...units));
        expect(Buffer.byteLength(sendable)).toBeLessThanOrEqual(1_000);
        expect(decodeURI(encodeURI(sendable))).toBe(sendable);
      }),
    );
  });

  test.each(['x', 'é', '€', '😀'])('cuts between characters: %s', (character) => {
    const sendable = sendableDetails(character.repeat(1_001));
    expect(sendable).toMatch(new RegExp(`^(${character})+…$`, 'u'));
    expect(Buffer.byteLength(sendable)).toBeGreaterThan(990);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressPool } from '../../../src/sandbox/controllers/address-pool.js';
import { NumberPool } from '../../../src/sandbox/controllers/number-pool.js';

test('hands out addresses in order, without those that look like networks', () => {
  const pool = new AddressPool('127.64.0.0/11');
  const given = Array.from({ length: 512 }, () => pool.allocate('x'));
  expect(given.slice(0, 2)).toEqual(['127.64.0.1', '127.64.0.2']);
  expect(given.slice(253, 256)).toEqual(['127.64.0.254', '127.64.1.1', '127.64.1.2']);
});

test('hands out an address again only when all others were handed out', () => {
  const pool = new AddressPool('127.64.0.0/29');
  expect(pool.allocate('a')).toBe('127.64.0.1');
  pool.release('127.64.0.1', 'a');
  const next = Array.from({ length: 7 }, (_, index) => pool.allocate(`b${index}`));
  expect(next).toEqual([
    '127.64.0.2',
    '127.64.0.3',
    '127.64.0.4',
    '127.64.0.5',
    '127.64.0.6',
    '127.64.0.7',
    '127.64.0.1',
  ]);
  expect(pool.allocate('c')).toBeUndefined();
});

test('lets nobody claim or release what another holds', () => {
  const pool = new AddressPool('127.64.0.0/24');
  expect(pool.claim('127.64.0.1', 'a')).toBe(true);
  expect(pool.claim('127.64.0.1', 'a')).toBe(true);
  expect(pool.claim('127.64.0.1', 'b')).toBe(false);
  pool.release('127.64.0.1', 'b');
  expect(pool.allocate('b')).toBe('127.64.0.2');
  // Elsewhere there is nothing to hold.
  expect(pool.claim('10.0.0.1', 'a') && pool.claim('10.0.0.1', 'b') && pool.claim('fd00::1', 'a')).toBe(true);
});

test('refuses what is no network', () => {
  expect(() => new AddressPool('localhost/8')).toThrow('not an IPv4 network: localhost/8');
});

test('never has two holders of one number', () => {
  const step = fc.record({
    action: fc.constantFrom('allocate', 'claim', 'release'),
    number: fc.integer({ min: 9, max: 16 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new NumberPool({ first: 10, size: 5 });
      const held = new Map<number, string>();
      for (const [index, { action, number }] of steps.entries()) {
        const holder = `holder-${index}`;
        if (action === 'allocate') {
          const given = pool.allocate(holder);
          expect(given === undefined).toBe(held.size === 5);
          if (given !== undefined) {
            expect(held.has(given)).toBe(false);
            held.set(given, holder);
          }
        } else if (action === 'claim') {
          const inside = number >= 10 && number < 15;
          expect(pool.claim(number, holder)).toBe(!held.has(number));
          if (inside && !held.has(number)) held.set(number, holder);
        } else {
          const present = held.get(number);
          if (present !== undefined) pool.release(number, present);
          held.delete(number);
        }
      }
    }),
  );
});

import { expect, test } from 'vitest';
import type { Colours } from '../../src/commands/colour.js';
import { tapLine } from '../../src/commands/tap-text.js';
import { groupedPath } from '../../src/commands/top-table.js';
import { Event } from '../../src/gen/conduit/tap/v1/tap.js';

const same = (text: string): string => text;
const noColours: Colours = { added: same, changed: same, removed: same };

function request(path: string): Event {
  return Event.fromPartial({
    request: 7n,
    event: { $case: 'requestInit', value: { method: 'GET', authority: 'web', path } },
  });
}

test.each([
  '\u001b',
  '\ue000',
  '\u009b',
  '\n',
  '\r',
  '\u202e',
])('no path makes a terminal do anything: %j', (bad) => {
  const line = tapLine(request(`/${bad}[2J x`), { isWide: true, colours: noColours });
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  expect(line).toContain('[2J\\u0020x');
});

test('ids and queries are left out of grouped paths', () => {
  expect(groupedPath('/orders/42?page=3&next=/a/1')).toBe('/orders/{id}');
  expect(groupedPath('/orders/7f1d7b9e-0c3f-4f4e-9d2c-5b1f6a7c8d9e/lines')).toBe('/orders/{id}/lines');
  expect(groupedPath('/shop.v1.Orders/Get')).toBe('/shop.v1.Orders/Get');
});

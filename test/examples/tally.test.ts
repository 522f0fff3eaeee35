import { expect, test } from 'vitest';
import { Tally } from '../../examples/programs/tally.js';

test('the books of the shoppers add up', () => {
  const tally = new Tally();
  expect(tally.stats()).toEqual({
    sent: 0,
    inFlight: 0,
    outcomes: {},
    withheld: 0,
    latencyMs: { p50: 0, p99: 0 },
    failures: [],
  });
  for (let request = 0; request < 100; request += 1) tally.begin();
  for (let request = 0; request < 98; request += 1) tally.end('ok', 10);
  tally.end('status 502', 0.2);
  tally.withhold();
  const failure = { at: 'now', request: 'GET /', outcome: 'status 502', detail: '' };
  for (let number = 0; number < 12; number += 1) tally.remember({ ...failure, detail: String(number) });
  const stats = tally.stats();
  expect(stats).toMatchObject({
    sent: 100,
    inFlight: 1,
    outcomes: { ok: 98, 'status 502': 1 },
    withheld: 1,
  });
  expect(stats.failures.map(({ detail }) => Number(detail))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  // The bound of the bucket: at most a tenth more.
  for (const latencyMs of Object.values(stats.latencyMs)) {
    expect(latencyMs).toBeGreaterThanOrEqual(10);
    expect(latencyMs).toBeLessThanOrEqual(11);
  }
});

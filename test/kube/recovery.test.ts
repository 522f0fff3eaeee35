import { describe, expect, test } from 'vitest';
import { RecoveryPolicy } from '../../src/kube/recovery.js';
import { setback } from '../../src/kube/setback.js';
import type { FailureReason } from '../../src/kube/watch-status.js';

function delays(reason: FailureReason, failures: number): readonly number[] {
  const policy = new RecoveryPolicy({ healthyMs: 10_000, random: () => 0 });
  const step = { kind: 'watch', resourceVersion: '1' } as const;
  return Array.from(
    { length: failures },
    () => policy.after(setback(reason, ''), step, { watch: undefined, nowMs: 0 }).delayMs,
  );
}

describe('the delay grows', () => {
  test('to half a minute for a server that is in trouble', () => {
    expect(delays('server-error', 7)).toEqual([1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  test('to four seconds for a server that can’t be reached, which is asked as soon as it is back', () => {
    expect(delays('connection', 7)).toEqual([1_600, 3_200, 4_000, 4_000, 4_000, 4_000, 4_000]);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReportResponse } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { split } from '../../src/grpc/framed.js';
import { ReportAnswers } from '../../src/grpc/report-answers.js';
import { toDuration } from '../../src/wire/duration.js';

test('answers are the bytes that the generated code makes of them', () => {
  const answers = new ReportAnswers();
  const answer = fc.record({
    sequence: fc.oneof(fc.nat(300), fc.maxSafeNat()),
    intervalMs: fc.constantFrom(0, 1, 2_000, 10_000, 3_600_000.5),
    resendAll: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(answer), (all) => {
      for (const { sequence, intervalMs, resendAll } of all) {
        const message = { sequence: BigInt(sequence), interval: toDuration(intervalMs), resendAll };
        expect(split(answers.encode({ sequence, intervalMs, resendAll }))).toEqual([
          Buffer.from(ReportResponse.encode(message).finish()),
        ]);
      }
    }),
  );
});

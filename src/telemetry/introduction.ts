import { Introduction as IntroductionMessage } from '../gen/conduit/telemetry/v1/telemetry.js';
import type { Introduction } from './report.js';

export type ReadIntroduction =
  | { readonly ok: true; readonly value: Introduction }
  | { readonly ok: false; readonly problem: string };

const maxBounds = 64;
const maxNameLength = 253;

export function readIntroduction(bytes: Uint8Array): ReadIntroduction {
  let message: IntroductionMessage;
  try {
    message = IntroductionMessage.decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    return wrong('introduction', 'no message of that kind', reason);
  }
  const { namespace, pod, epoch, latencyBoundsMs: boundsMs } = message;
  for (const [field, text] of [
    ['namespace', namespace],
    ['pod', pod],
  ] as const) {
    if (text === '' || text.length > maxNameLength) {
      return wrong(
        `introduction.${field}`,
        text === '' ? 'empty' : `${text.length} characters`,
        'the name of one',
      );
    }
  }
  if (epoch > BigInt(Number.MAX_SAFE_INTEGER)) {
    return wrong('introduction.epoch', String(epoch), 'milliseconds since 1970');
  }
  if (boundsMs.length > maxBounds) {
    return wrong('introduction.latency_bounds_ms', `${boundsMs.length} bounds`, `at most ${maxBounds}`);
  }
  for (const [index, bound] of boundsMs.entries()) {
    if (!Number.isFinite(bound) || bound <= (boundsMs[index - 1] ?? 0)) {
      const field = `introduction.latency_bounds_ms[${index}]`;
      return wrong(field, String(bound), 'a finite number that is above the one before, and above 0');
    }
  }
  return { ok: true, value: { namespace, pod, epochMs: Number(epoch), boundsMs } };
}

function wrong(field: string, value: string, expected: string): ReadIntroduction {
  return { ok: false, problem: `${field}: ${value}; expected ${expected}` };
}

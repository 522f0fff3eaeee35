import { describe, expect, test } from 'vitest';
import { methodOf } from '../../src/grpc/method.js';
import { StreamRegistry, type TrackedCall } from '../../src/grpc/stream-registry.js';
import { createLogger } from '../../src/runtime/log.js';

/** A call whose one write is out since `writtenMs`, and that notes what is done to it. */
function fakeCall(writtenMs: number | undefined, did: string[], name = 'call'): TrackedCall {
  let resetMs: number | undefined;
  let nowMs = 0;
  return {
    method: methodOf({ path: '/test.v1.Lab/Watch', requestStream: false, responseStream: true }),
    stalledMs(now) {
      nowMs = now;
      return writtenMs === undefined ? 0 : now - writtenMs;
    },
    resetForMs: (now) => (resetMs === undefined ? undefined : now - resetMs),
    summary: () => ({ method: name, peer: '', ageMs: 0, sentMessages: 0, stalledMs: 0 }),
    end: () => did.push(`${name} ended`),
    reset() {
      resetMs = nowMs;
      did.push(`${name} reset`);
    },
    disconnect: () => did.push(`${name} disconnected`),
  };
}

function setUp() {
  const did: string[] = [];
  const registry = new StreamRegistry({
    log: createLogger({ level: 'silent', format: 'json' }),
    metrics: { streamReset: (reason) => did.push(`counted ${reason}`) },
    stallTimeoutMs: 30_000,
    lingerMs: 5_000,
  });
  /** Sweeps each second from `fromMs` on, up to `toMs`. */
  const sweep = (fromMs: number, toMs: number): void => {
    for (let nowMs = fromMs; nowMs <= toMs; nowMs += 1_000) registry.sweep(nowMs);
  };
  return { did, registry, sweep };
}

describe('sweep', () => {
  test('resets a call whose write is out for longer than the timeout, once, and nobody else', () => {
    const { did, registry, sweep } = setUp();
    registry.add(fakeCall(1_000, did, 'stalled'));
    registry.add(fakeCall(undefined, did, 'idle'));
    registry.add(fakeCall(30_000, did, 'busy'));
    sweep(0, 31_000);
    expect(did).toEqual([]);
    sweep(32_000, 37_000);
    expect(did).toEqual(['counted stalled', 'stalled reset']);
  });

  test('cuts the connection of a call that outlives its reset', () => {
    const { did, registry, sweep } = setUp();
    registry.add(fakeCall(0, did));
    sweep(0, 36_000);
    expect(did).toEqual(['counted stalled', 'call reset']);
    sweep(37_000, 37_000);
    expect(did).toEqual(['counted stalled', 'call reset', 'call disconnected']);
  });

  test('leaves a call alone that is over', () => {
    const { did, registry, sweep } = setUp();
    const call = fakeCall(0, did);
    registry.add(call);
    sweep(0, 30_000);
    registry.delete(call);
    sweep(31_000, 60_000);
    expect(did).toEqual([]);
    expect(registry.size).toBe(0);
  });

  test('judges nobody after the process stood still', () => {
    const { did, registry, sweep } = setUp();
    const call = fakeCall(9_000, did);
    registry.add(call);
    sweep(0, 10_000);
    registry.sweep(70_000);
    expect(did).toEqual([]);
    // The event loop turns; this client was not the one that stood still.
    registry.delete(call);
    const stalled = fakeCall(9_000, did, 'stalled');
    registry.add(stalled);
    registry.sweep(71_000);
    expect(did).toEqual(['counted stalled', 'stalled reset']);
  });
});

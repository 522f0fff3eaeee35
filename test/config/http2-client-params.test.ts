import { describe, expect, test } from 'vitest';
import { http2ClientParams } from '../../src/config/http2-client-params.js';

const unset = { flowControl: undefined, keepAlive: undefined, internals: undefined };

/** What is wrong with a text; undefined where nothing is. */
function problem(value: unknown): string | undefined {
  const parsed = http2ClientParams(typeof value === 'string' ? value : JSON.stringify(value));
  return parsed.ok ? undefined : parsed.expected;
}

describe('parameters of HTTP/2 clients', () => {
  test('are read from all the fields there are', () => {
    const text = JSON.stringify({
      flow_control: {
        initial_connection_window_size: 1_048_576,
        initial_stream_window_size: 65_535,
        adaptive_flow_control: true,
      },
      keep_alive: { interval: { seconds: 10, nanos: 500_000 }, timeout: { seconds: 3 }, while_idle: true },
      internals: {
        max_concurrent_reset_streams: 50,
        max_frame_size: 16_384,
        max_send_buf_size: 4_294_967_295,
      },
    });
    expect(http2ClientParams(text)).toEqual({
      ok: true,
      value: {
        flowControl: {
          initialConnectionWindowBytes: 1_048_576,
          initialStreamWindowBytes: 65_535,
          adaptive: true,
        },
        keepAlive: { intervalMs: 10_000.5, timeoutMs: 3_000, whileIdle: true },
        internals: {
          maxConcurrentResetStreams: 50,
          maxFrameBytes: 16_384,
          maxSendBufferBytes: 4_294_967_295,
        },
      },
    });
  });

  test('are unset where they are left out, null or 0', () => {
    const text = (value: unknown) => http2ClientParams(JSON.stringify(value));
    expect(text({})).toEqual({ ok: true, value: unset });
    expect(text({ flow_control: null, keep_alive: null, internals: null })).toEqual({
      ok: true,
      value: unset,
    });
    const zeroes = { initial_stream_window_size: 0, adaptive_flow_control: false };
    const empty = {
      flowControl: {
        initialConnectionWindowBytes: undefined,
        initialStreamWindowBytes: undefined,
        adaptive: false,
      },
      keepAlive: { intervalMs: undefined, timeoutMs: undefined, whileIdle: false },
      internals: {
        maxConcurrentResetStreams: undefined,
        maxFrameBytes: undefined,
        maxSendBufferBytes: undefined,
      },
    };
    expect(text({ flow_control: zeroes, keep_alive: { interval: null }, internals: {} })).toEqual({
      ok: true,
      value: empty,
    });
    expect(text({ flow_control: {}, keep_alive: {}, internals: { max_frame_size: null } })).toEqual({
      ok: true,
      value: empty,
    });
  });

  test.each(['', '{', '[]', 'null', '7', '"{}"'])('are an object in JSON, not %s', (text) => {
    expect(problem(text)).toMatch(/^a JSON object such as \{"keep_alive":/);
  });

  test.each([
    [{ window: 3 }, 'window to be one of the fields (flow_control, keep_alive, internals), not 3'],
    [
      { keep_alive: { idle: true } },
      'keep_alive.idle to be one of the fields of keep_alive (interval, timeout, while_idle), not true',
    ],
    [{ keep_alive: { interval: '10s' } }, 'keep_alive.interval to be an object (seconds, nanos), not "10s"'],
    [
      { keep_alive: { interval: { seconds: '10' } } },
      'keep_alive.interval.seconds to be a whole number from 0 to 315576000000, not "10"',
    ],
    [
      { keep_alive: { timeout: { seconds: 1, nanos: 1e9 } } },
      'keep_alive.timeout.nanos to be a whole number from 0 to 999999999, not 1000000000',
    ],
    [
      { keep_alive: { timeout: { seconds: 0 } } },
      'keep_alive.timeout to be longer than 0, not {"seconds":0}',
    ],
    [
      { keep_alive: { timeout: { seconds: -1 } } },
      'keep_alive.timeout.seconds to be a whole number from 0 to 315576000000, not -1',
    ],
    [{ keep_alive: { while_idle: 1 } }, 'keep_alive.while_idle to be true or false, not 1'],
    [{ keep_alive: [] }, 'keep_alive to be an object (interval, timeout, while_idle), not []'],
    [
      { flow_control: { initial_stream_window_size: 2 ** 31 } },
      'flow_control.initial_stream_window_size to be 0 or a whole number from 1 to 2147483647, not 2147483648',
    ],
    [
      { flow_control: { initial_connection_window_size: 1.5 } },
      'flow_control.initial_connection_window_size to be 0 or a whole number from 1 to 2147483647, not 1.5',
    ],
    [
      { internals: { max_frame_size: 1_024 } },
      'internals.max_frame_size to be 0 or a whole number from 16384 to 16777215, not 1024',
    ],
    [
      { internals: { max_send_buf_size: 2 ** 32 } },
      'internals.max_send_buf_size to be 0 or a whole number from 1 to 4294967295, not 4294967296',
    ],
  ])('name the field, the value and what was expected: %j', (value, expected) => {
    expect(problem(value)).toBe(expected);
  });

  test('tell all that is wrong, and of long values a part', () => {
    expect(problem({ keep_alive: { while_idle: 'x'.repeat(100), interval: 7 }, internals: 8 })).toBe(
      [
        'internals to be an object (max_concurrent_reset_streams, max_frame_size, max_send_buf_size), not 8',
        'keep_alive.interval to be an object (seconds, nanos), not 7',
        `keep_alive.while_idle to be true or false, not "${'x'.repeat(59)}…`,
      ].join('; and '),
    );
  });

  test('have no field that an object inherits', () => {
    expect(problem('{"__proto__":{"x":1}}')).toMatch(/^__proto__ to be one of the fields/);
    expect(problem('{"keep_alive":{"toString":1}}')).toMatch(/^keep_alive\.toString to be one of/);
  });
});

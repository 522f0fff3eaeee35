import type { Http2ClientParams } from '../core/http2-params.js';
import type { Parsed } from './flag.js';

/**
 * The message Http2ClientParams of destination.proto in JSON, under the names it has there, which is also how Linkerd's
 * flag of this name takes it. A field that is left out, null or 0 stays at the proxy's default. All problems are told.
 */
export function http2ClientParams(text: string): Parsed<Http2ClientParams> {
  const root = objectOf(parseJson(text));
  if (root === undefined) return { ok: false, expected: `a JSON object such as ${example}` };
  const problems: string[] = [];
  const params = new Fields(root, { path: '', names: ['flow_control', 'keep_alive', 'internals'], problems });

  const flowControl = params.part('flow_control', [
    'initial_connection_window_size',
    'initial_stream_window_size',
    'adaptive_flow_control',
  ]);
  const keepAlive = params.part('keep_alive', ['interval', 'timeout', 'while_idle']);
  const internals = params.part('internals', [
    'max_concurrent_reset_streams',
    'max_frame_size',
    'max_send_buf_size',
  ]);
  const value: Http2ClientParams = {
    flowControl: flowControl && {
      initialConnectionWindowBytes: flowControl.setNumber('initial_connection_window_size', windowBytes),
      initialStreamWindowBytes: flowControl.setNumber('initial_stream_window_size', windowBytes),
      adaptive: flowControl.flag('adaptive_flow_control'),
    },
    keepAlive: keepAlive && {
      intervalMs: keepAlive.durationMs('interval'),
      timeoutMs: keepAlive.durationMs('timeout'),
      whileIdle: keepAlive.flag('while_idle'),
    },
    internals: internals && {
      maxConcurrentResetStreams: internals.setNumber('max_concurrent_reset_streams', uint32),
      maxFrameBytes: internals.setNumber('max_frame_size', frameBytes),
      maxSendBufferBytes: internals.setNumber('max_send_buf_size', uint32),
    },
  };
  return problems.length === 0 ? { ok: true, value } : { ok: false, expected: problems.join('; and ') };
}

const example = '{"keep_alive":{"interval":{"seconds":10},"timeout":{"seconds":3},"while_idle":true}}';

interface Range {
  readonly min: number;
  readonly max: number;
}

/** RFC 9113, 6.9.1: the largest window. */
const windowBytes: Range = { min: 1, max: 2 ** 31 - 1 };
/** RFC 9113, 6.5.2: SETTINGS_MAX_FRAME_SIZE. */
const frameBytes: Range = { min: 2 ** 14, max: 2 ** 24 - 1 };
const uint32: Range = { min: 1, max: 2 ** 32 - 1 };
/** google/protobuf/duration.proto: 10,000 years. */
const maxSeconds = 315_576_000_000;

/** The fields of one JSON object; what is wrong with any is added to `problems`. */
class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problems: string[];

  constructor(
    object: Readonly<Record<string, unknown>>,
    {
      path,
      names,
      problems,
    }: { readonly path: string; readonly names: readonly string[]; readonly problems: string[] },
  ) {
    this.#object = object;
    this.#path = path;
    this.#problems = problems;
    const where = path === '' ? 'fields' : `fields of ${path}`;
    for (const [name, value] of Object.entries(object)) {
      if (!names.includes(name)) this.#refuse(name, value, `one of the ${where} (${names.join(', ')})`);
    }
  }

  part(name: string, names: readonly string[]): Fields | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const object = objectOf(value);
    if (object === undefined) return this.#refuse(name, value, `an object (${names.join(', ')})`);
    return new Fields(object, { path: this.#pathOf(name), names, problems: this.#problems });
  }

  /** A whole number in the range; undefined where it is 0, which protobuf can't tell from one that isn't set. */
  setNumber(name: string, range: Range): number | undefined {
    const value = this.#get(name);
    if (value === undefined || value === 0) return undefined;
    return this.#inRange(name, value, range, '0 or ');
  }

  flag(name: string): boolean {
    const value = this.#get(name);
    if (typeof value === 'boolean') return value;
    if (value !== undefined) this.#refuse(name, value, 'true or false');
    return false;
  }

  /** A google.protobuf.Duration of seconds and nanos, longer than 0. */
  durationMs(name: string): number | undefined {
    const duration = this.part(name, ['seconds', 'nanos']);
    if (duration === undefined) return undefined;
    const seconds = duration.#number('seconds', maxSeconds);
    const nanos = duration.#number('nanos', 999_999_999);
    if (seconds === undefined || nanos === undefined) return undefined;
    const ms = seconds * 1_000 + nanos / 1e6;
    return ms > 0 ? ms : this.#refuse(name, this.#get(name), 'longer than 0');
  }

  /** A whole number, 0 where there is none. */
  #number(name: string, max: number): number | undefined {
    const value = this.#get(name) ?? 0;
    return this.#inRange(name, value, { min: 0, max }, '');
  }

  #inRange(name: string, value: unknown, { min, max }: Range, or: string): number | undefined {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.#refuse(name, value, `${or}a whole number from ${min} to ${max}`);
  }

  #get(name: string): unknown {
    return this.#object[name] ?? undefined;
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #refuse(name: string, value: unknown, expected: string): undefined {
    const text = JSON.stringify(value);
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    this.#problems.push(`${this.#pathOf(name)} to be ${expected}, not ${shown}`);
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { ...value } : undefined;
}

/** Undefined where the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

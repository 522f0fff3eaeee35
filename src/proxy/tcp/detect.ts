/** What a connection's first bytes say that it speaks. */
export type Detected = 'http1' | 'http2' | 'opaque' | 'undecided';

/** RFC 9113, section 3.4. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** No method in use is longer. */
const maxMethodBytes = 32;

/** A first line may be as long as all headers together; beyond this much of one it is HTTP by any measure. */
const maxLineBytes = 8_192;

/**
 * Judges the first bytes of a connection. HTTP/2 is known by its preface, HTTP/1 by a whole request line: `get key` and
 * `EHLO name` begin like one and are none. `undecided` asks for more bytes.
 */
export function detectProtocol(bytes: Buffer): Detected {
  const common = Math.min(bytes.length, preface.length);
  if (preface.subarray(0, common).equals(bytes.subarray(0, common))) {
    return bytes.length >= preface.length ? 'http2' : 'undecided';
  }
  const text = bytes.toString('latin1', 0, maxLineBytes);
  const method = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*/.exec(text)?.[0] ?? '';
  if (method.length > maxMethodBytes) return 'opaque';
  if (method.length === text.length) return 'undecided';
  if (method.length === 0 || text[method.length] !== ' ') return 'opaque';
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  // RFC 9112, section 2.2: a lone line feed may end a line.
  if (end >= 0) return /^\S+ \S+ HTTP\/1\.[01]\r?$/.test(line) ? 'http1' : 'opaque';
  if (!/^\S+ \S*(?: [HTP/1.0]*\r?)?$/.test(line)) return 'opaque';
  return text.length >= maxLineBytes ? 'http1' : 'undecided';
}

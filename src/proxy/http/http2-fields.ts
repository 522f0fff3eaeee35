import type { OutgoingHttpHeaders } from 'node:http2';
import { type Fields, forEachField } from './fields.js';

/**
 * Names of which Node lets an HTTP/2 message have one field only. Where HTTP/1 had several they are joined, which says
 * the same (RFC 9110, section 5.3).
 */
const singleFields = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

/** The fields as Node takes them for HTTP/2: names in lower case, repeated ones as a list. */
export function toHttp2Headers(fields: Fields): OutgoingHttpHeaders {
  // A field may have the name of a property that every object has.
  const headers: OutgoingHttpHeaders = Object.create(null);
  forEachField(fields, (name, value) => {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (singleFields.has(name)) headers[name] = `${String(before)}, ${value}`;
    else headers[name] = [...(Array.isArray(before) ? before : [String(before)]), value];
  });
  return headers;
}

/** The fields of a received message without its pseudo-headers. `raw` is what Node's events give behind the headers. */
export function fromRawHeaders(raw: readonly string[]): Fields {
  const first = raw.findIndex((text, index) => index % 2 === 0 && !text.startsWith(':'));
  // Pseudo-headers come first (RFC 9113, section 8.3).
  return first < 0 ? [] : raw.slice(first);
}

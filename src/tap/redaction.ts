import { isUtf8 } from 'node:buffer';
import type { Header } from '../gen/conduit/tap/v1/tap.js';
import type { Headers } from '../gen/io/linkerd/proxy/http_types/http_types.js';

/** Headers whose values are never told to anybody: they are what a viewer could take another's place with. */
export const credentialHeaders: readonly string[] = [
  'authorization',
  'cookie',
  'set-cookie',
  'proxy-authorization',
  'x-api-key',
];

/** Header fields as viewers are told of them. `redacted` holds names in lower case. */
export function toHeaders(headers: Headers | undefined, redacted: ReadonlySet<string>): Header[] {
  if (headers === undefined) return [];
  return headers.headers.map((header): Header => {
    const name = header.name.toLowerCase();
    if (redacted.has(name)) return { name, value: { $case: 'redacted', value: true } };
    if (!isUtf8(header.value)) return { name, value: { $case: 'binary', value: header.value } };
    const text = header.value.toString('utf8');
    // Queries hold what forms and links carry, credentials among it; a path is told without one.
    return { name, value: { $case: 'text', value: name === ':path' ? withoutQuery(text) : text } };
  });
}

export function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

import { fieldValue, withoutFields } from './fields.js';
import type { RequestHead, ResponseHead } from './message.js';

/**
 * HTTP/1 carried over HTTP/2 between two proxies, by linkerd2-proxy's convention: a field of the request says what the
 * client spoke, and one of the response what the server did. Both are gone at the far ends.
 */
const field = 'l5d-orig-proto';

/** The request as it is sent to the other proxy. Only for requests that don't ask for the connection itself. */
export function carry(head: RequestHead): RequestHead {
  return { ...head, version: '2', fields: [...head.fields, field, `HTTP/${head.version}`] };
}

/** The request as its client sent it; undefined where it came as it is. */
export function uncarry(head: RequestHead): RequestHead | undefined {
  const value = head.version === '2' ? fieldValue(head.fields, field) : undefined;
  const version = value === undefined ? undefined : /^HTTP\/(1\.[01])\b/.exec(value)?.[1];
  if (version === undefined) return undefined;
  return {
    ...head,
    version: version === '1.0' ? '1.0' : '1.1',
    fields: withoutFields(head.fields, field),
  };
}

/** The answer to a request that was carried, as it is sent back. */
export function carryAnswer(head: ResponseHead): ResponseHead {
  return { ...head, fields: [...head.fields, field, 'HTTP/1.1'] };
}

export function uncarryAnswer(head: ResponseHead): ResponseHead {
  return { ...head, fields: withoutFields(head.fields, field) };
}

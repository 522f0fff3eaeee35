/** Header or trailer fields as they were sent: name, value, name, value. Names keep their case. */
export type Fields = readonly string[];

export const noFields: Fields = [];

/** RFC 9110, section 7.6.1, and what HTTP/1 implementations sent before it. `te` and `trailer` are judged on their own. */
const connectionFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Calls back for each field, the name in lower case. */
export function forEachField(fields: Fields, visit: (name: string, value: string) => void): void {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    visit((fields[index] ?? '').toLowerCase(), fields[index + 1] ?? '');
  }
}

/** The first value of a field. `name` is in lower case. */
export function fieldValue(fields: Fields, name: string): string | undefined {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const candidate = fields[index] ?? '';
    if (candidate.length === name.length && candidate.toLowerCase() === name) return fields[index + 1];
  }
  return undefined;
}

export function hasField(fields: Fields, name: string): boolean {
  return fieldValue(fields, name) !== undefined;
}

/** The fields but those of the given names, which are in lower case. */
export function withoutFields(fields: Fields, ...names: readonly string[]): Fields {
  if (!names.some((name) => hasField(fields, name))) return fields;
  return filterFields(fields, (name) => !names.includes(name));
}

/** The members of all fields of a name that hold comma-separated lists, in lower case. */
export function listMembers(fields: Fields, name: string): readonly string[] {
  const members: string[] = [];
  forEachField(fields, (candidate, value) => {
    if (candidate !== name) return;
    for (const member of value.split(',')) members.push(member.trim().toLowerCase());
  });
  return members;
}

/**
 * What of an HTTP/1 message's fields is meant for the other end: not those that describe the connection, be it by their
 * name or because Connection names them. Of TE only `trailers` is left, which is true of this proxy too.
 */
export function endToEnd(fields: Fields): Fields {
  const nominated = listMembers(fields, 'connection');
  const takesTrailers = listMembers(fields, 'te').some((coding) => /^trailers *(;|$)/.test(coding));
  const kept = filterFields(
    fields,
    (name) => !connectionFields.has(name) && name !== 'te' && !isNominated(name, nominated),
  );
  return takesTrailers ? [...kept, 'te', 'trailers'] : kept;
}

/** Fields without which a message can't be understood stay, whatever Connection says: naming them is an old attack. */
function isNominated(name: string, nominated: readonly string[]): boolean {
  return nominated.includes(name) && !['host', 'content-length', 'cookie', 'authorization'].includes(name);
}

function filterFields(fields: Fields, keep: (name: string) => boolean): Fields {
  const kept: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (keep(name.toLowerCase())) kept.push(name, fields[index + 1] ?? '');
  }
  return kept;
}

/** HTTP/2 may split a Cookie at its semicolons; HTTP/1 has one (RFC 9113, section 8.2.3). */
export function joinCookies(fields: Fields): Fields {
  const cookies: string[] = [];
  forEachField(fields, (name, value) => {
    if (name === 'cookie') cookies.push(value);
  });
  return cookies.length < 2 ? fields : [...withoutFields(fields, 'cookie'), 'cookie', cookies.join('; ')];
}

/** A trailer must not say what only a head may (RFC 9110, section 6.5.1); Node refuses to send some of these. */
const neverTrailers = new Set([
  ...connectionFields,
  'te',
  'trailer',
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'host',
  'authorization',
  'set-cookie',
  'cache-control',
  'expect',
]);

export function trailerFields(fields: Fields): Fields {
  return filterFields(fields, (name) => !neverTrailers.has(name));
}

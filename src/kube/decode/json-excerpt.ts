/**
 * The beginning of a value as JSON, of at most `maxLength` characters, the last of them `…` where more would follow.
 * However large or deep the value, no more of it is read than is shown. What JSON can't hold is `nothing`.
 */
export function jsonExcerpt(value: unknown, maxLength: number): string {
  const text = write(value, maxLength + 1);
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

/** JSON text; where it has more than `room` characters, at least so many of them. */
function write(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, room));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  const isArray = Array.isArray(value);
  let text = isArray ? '[' : '{';
  let separator = '';
  // `for…in` and no list of the fields: there may be a million.
  for (const name in value) {
    if (text.length >= room) return text;
    text += separator;
    if (!isArray) text += `${write(name, room - text.length)}:`;
    text += write((value as Readonly<Record<string, unknown>>)[name], Math.max(0, room - text.length));
    separator = ',';
  }
  return text + (isArray ? ']' : '}');
}

// Node gives what it reads of HTTP heads one character for each octet. Octets beyond ASCII are nearly always UTF-8,
// though nothing promises it.

/** `text` as octets were read into it, for a protobuf string: their UTF-8 where they are that, else as it is. */
export function toText(text: string): string {
  if (isAscii(text)) return text;
  const octets = Buffer.from(text, 'latin1');
  const decoded = octets.toString('utf8');
  return decoded.includes('\ufffd') && !octets.includes('\ufffd') ? text : decoded;
}

/** The octets of a field's value. */
export function toOctets(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A protobuf string as Node would have read it from a head, to compare with such. */
export function asRead(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

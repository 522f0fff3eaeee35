/**
 * Characters that make a terminal do something, or show text in another order than it has: C0 and C1 controls, line
 * and paragraph separators, and the marks of bidirectional text (Unicode Standard Annex 9).
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from elsewhere, safe to print in a line: what is unprintable is shown as `\u001b`. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, escapeCharacter);
}

/** JSON that is safe to print: JSON's own escapes cover C0 controls only. The same value to whoever parses it. */
export function printableJson(value: unknown, { indent = 0 }: { readonly indent?: number } = {}): string {
  // Of the unprintable, only line breaks stand outside of strings, and those only to lay the text out.
  return JSON.stringify(value, undefined, indent).replaceAll(unprintable, (character) =>
    character === '\n' ? character : escapeCharacter(character),
  );
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

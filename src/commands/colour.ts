import type { Io } from './io.js';

/** Marks what a line says, where its reader can see colours. */
export interface Colours {
  readonly added: (text: string) => string;
  readonly changed: (text: string) => string;
  readonly removed: (text: string) => string;
}

/** Colours on a terminal that has them, unless NO_COLOR asks for none (no-color.org). */
export function coloursFor({ isTty, env }: Io): Colours {
  const wanted = isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const paint = (code: number) => (text: string) => (wanted ? `\u001b[${code}m${text}\u001b[0m` : text);
  // ECMA-48 SGR: 32 green, 33 yellow, 31 red.
  return { added: paint(32), changed: paint(33), removed: paint(31) };
}

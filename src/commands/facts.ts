import { printable } from './printable.js';

/** Something about a thing: its name, and what there is to say. */
export type Fact = readonly [name: string, text: string | undefined];

/** Facts about one thing, a line each, in two columns. One with nothing to say is left out. */
export function formatFacts(facts: readonly Fact[]): string {
  const shown = facts.filter(([, text]) => text !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, text = '']) => `${name.padEnd(width)}   ${printable(text)}\n`).join('');
}

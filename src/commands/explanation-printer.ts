import { type Colours, coloursFor } from './colour.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';
import { printableJson } from './printable.js';

/** Prints explanations one after the other, as sections of text or as JSON documents. */
export function explanationPrinter<Explanation>(
  io: Io,
  output: 'table' | 'json',
  format: {
    readonly text: (authority: string, explanation: Explanation, colours: Colours) => string;
    readonly document: (authority: string, explanation: Explanation) => unknown;
  },
): (authority: string, explanation: Explanation) => void {
  if (output === 'json') {
    return (authority, explanation) => {
      io.stdout.write(`${printableJson(format.document(authority, explanation), { indent: 2 })}\n`);
    };
  }
  const colours = coloursFor(io);
  let gap = '';
  return (authority, explanation) => {
    io.stdout.write(`${gap}${format.text(authority, explanation, colours)}`);
    gap = '\n';
  };
}

/** Explanations are of one moment, and come by a call that isn't a stream. */
export function refuseToWatch(io: Io, command: string): number {
  io.stderr.write(`${command}: --explain explains one moment: it can't be combined with --watch\n`);
  return exitCode.usage;
}

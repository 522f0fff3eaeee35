import type { Failure } from '../client/failure.js';
import type { Io } from './io.js';
import { printable } from './printable.js';

/** That there is no answer, as a line on stderr; the same in every format. */
export function printFailure(io: Io, authority: string, failure: Failure, outlook = ''): void {
  const { code, message } = failure;
  io.stderr.write(`${printable(authority)}: ${code}: ${printable(message)}${outlook}\n`);
}

/** Tells readers of text, on stderr, of connections that are lost and found again. */
export interface OutageLines {
  readonly lost: (authority: string, failure: Failure) => void;
  /** Something was heard. */
  readonly heard: (authority: string) => void;
}

export function outageLines(io: Io): OutageLines {
  /** What was last said about a connection that is lost, by authority. */
  const troubles = new Map<string, string>();
  return {
    lost: (authority, failure) => {
      // A server that is down for an hour is one line, not one for each attempt.
      const trouble = `${failure.code} ${failure.message}`;
      if (troubles.get(authority) !== trouble) printFailure(io, authority, failure, '; trying again');
      troubles.set(authority, trouble);
    },
    heard: (authority) => {
      if (troubles.delete(authority)) io.stderr.write(`${printable(authority)}: connected again\n`);
    },
  };
}

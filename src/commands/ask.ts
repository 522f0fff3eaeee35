import type { Failure } from '../client/failure.js';
import type { Outage, Question } from '../client/follow.js';
import { formatHostPort, type HostPort } from '../config/parsers.js';
import { exitCode, interruptedExitCode } from './exit.js';
import { printFailure } from './failure-line.js';
import type { Io } from './io.js';

/** A watch is for people and their scripts: proxies may wait a minute before they try again, these don't. */
export const maxRetryMs = 5_000;

/** One question for each authority, of the server at `addr`. */
export function questionsFor(
  authorities: readonly string[],
  {
    addr,
    contextToken = '',
    io,
  }: {
    readonly addr: HostPort & { readonly host: string };
    readonly contextToken: string | undefined;
    readonly io: Io;
  },
): readonly (Question & { readonly contextToken: string })[] {
  const address = formatHostPort(addr);
  return authorities.map((authority) => ({ address, authority, contextToken, signal: io.signal }));
}

/** Asks all at the same time and prints the answers in the order of the questions; which of them were answered. */
export async function askAll<Asked extends Question, Answer extends { readonly ok: true }>(
  questions: readonly Asked[],
  ask: (question: Asked) => Promise<Answer | { readonly ok: false; readonly failure: Failure }>,
  print: (authority: string, answer: Answer) => void,
  io: Io,
): Promise<readonly boolean[]> {
  const answers = await Promise.all(
    questions.map(async (question) => ({ authority: question.authority, answer: await ask(question) })),
  );
  if (io.signal.aborted) return [];
  return answers.map(({ authority, answer }) => {
    if (answer.ok) print(authority, answer);
    else printFailure(io, authority, answer.failure);
    return answer.ok;
  });
}

/** Prints what a watch has to say. */
export interface WatchPrinter<Told> {
  readonly event: (authority: string, event: Told) => void;
  /** There is no answer at present, and asking goes on. */
  readonly lost: (authority: string, failure: Failure, retryInMs: number) => void;
}

/**
 * Prints what is told until the signal is aborted, or until there is no point in asking; whether it was the former. A
 * server that was never reached is likely to be the wrong address.
 */
export async function watch<Told extends { readonly kind: 'snapshot' | 'change' }>(
  authority: string,
  events: AsyncIterable<Told | Outage>,
  print: WatchPrinter<Told>,
  io: Io,
): Promise<boolean> {
  let reached = false;
  for await (const event of events) {
    if (!isOutage(event)) {
      reached = true;
      print.event(authority, event);
      continue;
    }
    const { failure } = event;
    reached ||= !isUnreachable(failure);
    if (event.kind === 'rejected' || !reached) {
      printFailure(io, authority, failure);
      return false;
    }
    print.lost(authority, failure, event.retryInMs);
  }
  return true;
}

/** The exit code of a command that asked several questions. */
export function answeredExitCode(answered: readonly boolean[], io: Io): number {
  if (io.signal.aborted) return interruptedExitCode(io.signal);
  return answered.every(Boolean) ? exitCode.ok : exitCode.failure;
}

function isOutage(event: { readonly kind: string }): event is Outage {
  return event.kind === 'lost' || event.kind === 'rejected';
}

function isUnreachable({ code }: Failure): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
}

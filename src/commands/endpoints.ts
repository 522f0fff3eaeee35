import { followEndpoints, getEndpoints } from '../client/destination.js';
import type { Failure } from '../client/failure.js';
import type { EndpointsConfig } from '../config/flags.js';
import { formatHostPort } from '../config/parsers.js';
import { type EndpointsPrinter, jsonPrinter, printFailure, textPrinter } from './endpoints-printer.js';
import { exitCode, interruptedExitCode } from './exit.js';
import type { Io } from './io.js';

/** What to ask, and of whom. */
interface Question {
  readonly address: string;
  readonly authority: string;
  readonly contextToken: string;
  readonly signal: AbortSignal;
}

/** A watch is for people and their scripts: proxies may wait a minute before they try again, these don't. */
const maxRetryMs = 5_000;

export async function run(config: EndpointsConfig, io: Io, authorities: readonly string[]): Promise<number> {
  const print =
    config.output === 'json' ? jsonPrinter(io) : textPrinter(io, { several: authorities.length > 1 });
  const questions = authorities.map((authority) => ({
    address: formatHostPort(config.addr),
    authority,
    contextToken: config.contextToken ?? '',
    signal: io.signal,
  }));
  const answered = config.watch
    ? await Promise.all(questions.map((question) => watch(question, config.timeout.ms, print, io)))
    : await askAll(questions, config.timeout.ms, print, io);
  if (io.signal.aborted) return interruptedExitCode(io.signal);
  return answered.every(Boolean) ? exitCode.ok : exitCode.failure;
}

/** Asks all at the same time and prints the answers in the order of the questions; which of them were answered. */
async function askAll(
  questions: readonly Question[],
  timeoutMs: number,
  print: EndpointsPrinter,
  io: Io,
): Promise<readonly boolean[]> {
  const answers = await Promise.all(
    questions.map(async (question) => ({ question, answer: await getEndpoints({ ...question, timeoutMs }) })),
  );
  if (io.signal.aborted) return [];
  return answers.map(({ question: { authority }, answer }) => {
    if (answer.ok) print.answer(authority, answer);
    else printFailure(io, authority, answer.failure);
    return answer.ok;
  });
}

/**
 * Prints what is told until the signal is aborted, or until there is no point in asking; whether it was the former. A
 * server that was never reached is likely to be the wrong address.
 */
async function watch(
  question: Question,
  firstAnswerMs: number,
  print: EndpointsPrinter,
  io: Io,
): Promise<boolean> {
  const { authority } = question;
  let reached = false;
  for await (const event of followEndpoints({ ...question, firstAnswerMs, maxRetryMs })) {
    switch (event.kind) {
      case 'snapshot':
      case 'change':
        reached = true;
        print.event(authority, event);
        break;
      case 'lost':
        reached ||= !isUnreachable(event.failure);
        if (!reached) {
          printFailure(io, authority, event.failure);
          return false;
        }
        print.lost(authority, event.failure, event.retryInMs);
        break;
      case 'rejected':
        printFailure(io, authority, event.failure);
        return false;
    }
  }
  return true;
}

function isUnreachable({ code }: Failure): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
}

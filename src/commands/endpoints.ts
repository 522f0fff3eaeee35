import { followEndpoints, getEndpoints } from '../client/destination.js';
import { explainEndpoints } from '../client/explain.js';
import type { EndpointsConfig } from '../config/ask-flags.js';
import { answeredExitCode, askAll, maxRetryMs, questionsFor, watch } from './ask.js';
import { endpointExplanationDocument } from './endpoint-explanation-json.js';
import { endpointExplanationText } from './endpoint-explanation-text.js';
import { jsonPrinter, textPrinter } from './endpoints-printer.js';
import { explanationPrinter, refuseToWatch } from './explanation-printer.js';
import type { Io } from './io.js';

export async function run(config: EndpointsConfig, io: Io, authorities: readonly string[]): Promise<number> {
  if (config.explain) {
    return config.watch ? refuseToWatch(io, 'conduit endpoints') : explain(config, io, authorities);
  }
  const { contextToken, timeout } = config;
  const print =
    config.output === 'json' ? jsonPrinter(io) : textPrinter(io, { several: authorities.length > 1 });
  const questions = questionsFor(authorities, { addr: config.addr, contextToken, io });
  const answered = config.watch
    ? await Promise.all(
        questions.map((question) => {
          const events = followEndpoints({ ...question, firstAnswerMs: timeout.ms, maxRetryMs });
          return watch(question.authority, events, print, io);
        }),
      )
    : await askAll(
        questions,
        (question) => getEndpoints({ ...question, timeoutMs: timeout.ms }),
        (authority, answer) => print.answer(authority, answer),
        io,
      );
  return answeredExitCode(answered, io);
}

async function explain(config: EndpointsConfig, io: Io, authorities: readonly string[]): Promise<number> {
  const { contextToken, timeout, apiAddr, output } = config;
  const print = explanationPrinter(io, output, {
    text: endpointExplanationText,
    document: endpointExplanationDocument,
  });
  const answered = await askAll(
    questionsFor(authorities, { addr: apiAddr, contextToken, io }),
    (question) => explainEndpoints({ ...question, timeoutMs: timeout.ms }),
    (authority, { explanation }) => print(authority, explanation),
    io,
  );
  return answeredExitCode(answered, io);
}

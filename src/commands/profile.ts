import { explainProfile } from '../client/explain.js';
import { followProfile, getProfile } from '../client/profile.js';
import type { ProfileConfig } from '../config/ask-flags.js';
import { answeredExitCode, askAll, maxRetryMs, questionsFor, watch } from './ask.js';
import { explanationPrinter, refuseToWatch } from './explanation-printer.js';
import type { Io } from './io.js';
import { profileExplanationDocument } from './profile-explanation-json.js';
import { profileExplanationText } from './profile-explanation-text.js';
import { jsonPrinter, textPrinter } from './profile-printer.js';

export async function run(config: ProfileConfig, io: Io, authorities: readonly string[]): Promise<number> {
  if (config.explain) {
    return config.watch ? refuseToWatch(io, 'conduit profile') : explain(config, io, authorities);
  }
  const { contextToken, timeout } = config;
  const print = config.output === 'json' ? jsonPrinter(io) : textPrinter(io);
  const questions = questionsFor(authorities, { addr: config.addr, contextToken, io });
  const answered = config.watch
    ? await Promise.all(
        questions.map((question) => {
          const events = followProfile({ ...question, firstAnswerMs: timeout.ms, maxRetryMs });
          return watch(question.authority, events, print, io);
        }),
      )
    : await askAll(
        questions,
        (question) => getProfile({ ...question, timeoutMs: timeout.ms }),
        (authority, { profile }) => print.answer(authority, profile),
        io,
      );
  return answeredExitCode(answered, io);
}

async function explain(config: ProfileConfig, io: Io, authorities: readonly string[]): Promise<number> {
  const { contextToken, timeout, apiAddr, output } = config;
  const print = explanationPrinter(io, output, {
    text: profileExplanationText,
    document: profileExplanationDocument,
  });
  const answered = await askAll(
    questionsFor(authorities, { addr: apiAddr, contextToken, io }),
    (question) => explainProfile({ ...question, timeoutMs: timeout.ms }),
    (authority, { explanation }) => print(authority, explanation),
    io,
  );
  return answeredExitCode(answered, io);
}

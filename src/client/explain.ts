import type { ExplainEndpointsResponse, ExplainProfileResponse } from '../gen/conduit/api/v1/api.js';
import { type ApiQuestion, askApi } from './api.js';
import type { Failure } from './failure.js';
import type { Question } from './follow.js';

/** `address` is the control plane's tooling-facing one. */
export interface ExplainQuestion extends Question, ApiQuestion {}

export type Explained<Response> =
  | { readonly ok: true; readonly explanation: Response }
  | { readonly ok: false; readonly failure: Failure };

/** Why a proxy is told of these endpoints. Asks once. */
export async function explainEndpoints(
  question: ExplainQuestion,
): Promise<Explained<ExplainEndpointsResponse>> {
  const { authority, contextToken = '' } = question;
  const answer = await askApi<ExplainEndpointsResponse>(question, (client, ...call) =>
    client.explainEndpoints({ authority, contextToken }, ...call),
  );
  return answer.ok ? { ok: true, explanation: answer.value } : answer;
}

/** Why a proxy is told this profile. Asks once. */
export async function explainProfile(question: ExplainQuestion): Promise<Explained<ExplainProfileResponse>> {
  const { authority, contextToken = '' } = question;
  const answer = await askApi<ExplainProfileResponse>(question, (client, ...call) =>
    client.explainProfile({ authority, contextToken }, ...call),
  );
  return answer.ok ? { ok: true, explanation: answer.value } : answer;
}

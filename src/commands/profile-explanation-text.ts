import type { ExplainProfileResponse, ServiceProfile } from '../gen/conduit/api/v1/api.js';
import { type Fact, formatFacts } from './facts.js';
import { printable } from './printable.js';

/** What a destination is, and where each part of its profile comes from. */
export function profileExplanationText(
  authority: string,
  { subject, client, serviceProfiles, opaque, overrides, notes }: ExplainProfileResponse,
): string {
  const facts = formatFacts([
    ['Subject', subject?.text],
    ['Client', client === undefined || client.namespace === '' ? undefined : `namespace ${client.namespace}`],
    ['Opaque', opaque?.text],
    ['Overrides', overrides?.text],
    ...notes.map(({ text }): Fact => ['Endpoint', text]),
    ...serviceProfiles.flatMap(profileFacts),
  ]);
  return `${printable(authority)}\n${facts}`;
}

function profileFacts({ namespace, name, text, problems }: ServiceProfile): readonly Fact[] {
  return [
    ['ServiceProfile', `${namespace}/${name}: ${text}`],
    ...problems.map((problem): Fact => ['', `left out: ${problem}`]),
  ];
}

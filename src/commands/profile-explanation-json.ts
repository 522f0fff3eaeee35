import {
  type ExplainProfileResponse,
  OpaqueReason,
  OverrideReason,
  ServiceProfileVerdict,
  SubjectKind,
} from '../gen/conduit/api/v1/api.js';
import {
  noteDocument,
  type ObjectDocument,
  orNull,
  type ReasonDocument,
} from './endpoint-explanation-json.js';
import { enumName } from './enum-name.js';

/**
 * The JSON of `conduit profile --explain -o json`: a document for each authority. Fields may be added; none is renamed,
 * removed or given another meaning. What isn't there is null. Texts may be reworded; kinds, reasons and verdicts stay.
 */
export interface ProfileExplanationDocument {
  readonly authority: string;
  readonly subject: {
    readonly kind: string;
    readonly text: string;
    readonly service: ObjectDocument | null;
    readonly workload: ObjectDocument | null;
  } | null;
  readonly clientNamespace: string | null;
  /** Those that were looked for, the one that goes first first. */
  readonly serviceProfiles: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly verdict: string;
    readonly text: string;
    readonly problems: readonly string[];
  }[];
  readonly opaque: ReasonDocument | null;
  readonly overrides: ReasonDocument | null;
  /** About the endpoint, where the destination is one. */
  readonly notes: readonly ReasonDocument[];
}

export function profileExplanationDocument(
  authority: string,
  { subject, client, serviceProfiles, opaque, overrides, notes }: ExplainProfileResponse,
): ProfileExplanationDocument {
  return {
    authority,
    subject:
      subject === undefined
        ? null
        : {
            kind: enumName(SubjectKind, subject.kind),
            text: subject.text,
            service: subject.service ?? null,
            workload: subject.workload ?? null,
          },
    clientNamespace: orNull(client?.namespace ?? ''),
    serviceProfiles: serviceProfiles.map(({ verdict, ...profile }) => ({
      namespace: profile.namespace,
      name: profile.name,
      verdict: enumName(ServiceProfileVerdict, verdict),
      text: profile.text,
      problems: profile.problems,
    })),
    opaque:
      opaque === undefined ? null : { reason: enumName(OpaqueReason, opaque.reason), text: opaque.text },
    overrides:
      overrides === undefined
        ? null
        : { reason: enumName(OverrideReason, overrides.reason), text: overrides.text },
    notes: notes.map(noteDocument),
  };
}

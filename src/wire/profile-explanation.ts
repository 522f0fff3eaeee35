import type {
  EndpointClaim,
  ExplainedServiceProfile,
  Occupant,
  OverrideOrigin,
  ProfileExplanation,
  ProfileSubject,
} from '../core/profile-explanation.js';
import {
  type ExplainProfileResponse,
  type Opaque,
  OpaqueReason,
  type Overrides,
  OverrideReason,
  type ServiceProfile,
  ServiceProfileVerdict,
  type Subject,
  SubjectKind,
} from '../gen/conduit/api/v1/api.js';
import { causeText, toNote, toOpaqueReason } from './endpoint-note.js';
import { named, toObjectRef, toWorkloadRef } from './object-ref.js';
import type { Vocabulary } from './vocabulary.js';

/** `port` is the one that was asked for. */
export function toExplainProfileResponse(
  explanation: ProfileExplanation,
  port: number,
  vocabulary: Vocabulary,
): ExplainProfileResponse {
  const { subject, clientNamespace, serviceProfiles, opaque, overrides, notes } = explanation;
  return {
    subject: toSubject(subject, port),
    client: { namespace: clientNamespace ?? '', node: '', zone: '', zoneUnknownBecause: '' },
    serviceProfiles: serviceProfiles.map(toServiceProfile),
    opaque: toOpaque(opaque, vocabulary),
    overrides: toOverrides(overrides),
    notes: notes.map((note) => toNote(note, vocabulary)),
  };
}

function toSubject(subject: ProfileSubject, port: number): Subject {
  if (subject.kind === 'endpoint') return endpointSubject(subject.by, subject.occupant);
  const { service } = subject;
  const about = { service: toObjectRef('Service', service), workload: undefined };
  switch (subject.kind) {
    case 'service': {
      const name = subject.portName === '' ? `${port}` : `${port} (${subject.portName})`;
      return subject.by === 'name'
        ? { ...about, kind: SubjectKind.SERVICE_BY_NAME, text: `port ${name} of Service ${service}` }
        : {
            ...about,
            kind: SubjectKind.SERVICE_BY_CLUSTER_IP,
            text: `port ${name} of Service ${service}, whose cluster IP this is`,
          };
    }
    case 'port-undefined':
      return {
        ...about,
        kind: SubjectKind.PORT_UNDEFINED,
        text: `Service ${service}${subject.by === 'name' ? '' : ', whose cluster IP this is,'} has no port ${port}`,
      };
    case 'service-missing':
      return { ...about, kind: SubjectKind.SERVICE_MISSING, text: `there is no Service ${service}` };
    case 'external-name':
      return {
        ...about,
        kind: SubjectKind.EXTERNAL_NAME,
        text: `Service ${service} is an ExternalName, which has no endpoints`,
      };
    case 'instance-missing':
      return {
        ...about,
        kind: SubjectKind.INSTANCE_MISSING,
        text: `Service ${service} has no instance ${subject.hostname}`,
      };
  }
}

function endpointSubject(by: EndpointClaim, occupant: Occupant): Subject {
  const workload = occupant.kind === 'workload' ? toWorkloadRef(occupant.workload) : undefined;
  const text = occupantText(occupant);
  switch (by.kind) {
    case 'instance':
      return {
        kind: SubjectKind.INSTANCE,
        text: `${by.hostname}, an instance of Service ${by.service}: ${text}`,
        service: toObjectRef('Service', by.service),
        workload,
      };
    case 'pod-ip':
      return { kind: SubjectKind.POD_BY_IP, text: `${text}, whose IP this is`, service: undefined, workload };
    case 'host-port':
      return {
        kind: SubjectKind.POD_BY_HOST_PORT,
        text: `${text}, which a port of its node leads to`,
        service: undefined,
        workload,
      };
    case 'external-workload':
      return { kind: SubjectKind.EXTERNAL_WORKLOAD, text, service: undefined, workload };
    case 'nobody':
      return {
        kind: SubjectKind.UNKNOWN_ADDRESS,
        text: 'an address that the cluster knows nothing of',
        service: undefined,
        workload,
      };
  }
}

function occupantText(occupant: Occupant): string {
  switch (occupant.kind) {
    case 'workload':
      return named(occupant.workload);
    case 'none':
      return 'an address that the cluster knows nothing more of';
    case 'unknown':
      return `an address only, since ${named(occupant.workload)} is unknown to the API server`;
    case 'replaced': {
      const { workload, meantUid, uid } = occupant;
      return `an address only, since ${named(workload)} was replaced: meant is the one with uid ${meantUid}, there is ${uid}`;
    }
    case 'not-running':
      return `an address only, since ${named(occupant.workload)} is not running`;
    case 'unsupported':
      return `an address only, since its targetRef is of kind ${occupant.targetKind}, which can't be resolved`;
  }
}

function toServiceProfile({ id, namespaceOf, verdict, problems }: ExplainedServiceProfile): ServiceProfile {
  const { namespace, name } = toObjectRef('ServiceProfile', id);
  const found = { namespace, name, problems: [...problems] };
  switch (verdict) {
    case 'applies':
      return {
        ...found,
        verdict: ServiceProfileVerdict.APPLIES,
        text: `applies, from the ${namespaceOf}'s namespace`,
      };
    case 'overruled':
      return {
        ...found,
        verdict: ServiceProfileVerdict.OVERRULED,
        text: "overruled by the one in the client's namespace",
      };
    case 'absent':
      return {
        ...found,
        verdict: ServiceProfileVerdict.ABSENT,
        text: `absent from the ${namespaceOf}'s namespace`,
      };
  }
}

function toOpaque(cause: ProfileExplanation['opaque'], vocabulary: Vocabulary): Opaque {
  return cause === undefined
    ? { reason: OpaqueReason.NOT_OPAQUE, text: 'no: the protocol is detected' }
    : { reason: toOpaqueReason(cause), text: `yes: ${causeText(cause, vocabulary)}` };
}

function toOverrides(origin: OverrideOrigin): Overrides {
  switch (origin) {
    case 'none':
      return { reason: OverrideReason.NONE, text: 'none: requests go where the client sends them' };
    case 'service-profile':
      return { reason: OverrideReason.SERVICE_PROFILE, text: 'spec.dstOverrides of the ServiceProfile' };
    case 'self':
      return {
        reason: OverrideReason.SELF,
        text: 'the service itself, so that a proxy without a policy service balances (--enable-self-override)',
      };
  }
}

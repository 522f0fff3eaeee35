import type { EndpointNote, OpaqueCause } from '../core/endpoint-note.js';
import { type Note, NoteReason, OpaqueReason } from '../gen/conduit/api/v1/api.js';
import type { Vocabulary } from './vocabulary.js';

export function toNote(note: EndpointNote, vocabulary: Vocabulary): Note {
  switch (note.kind) {
    case 'opaque':
      return { reason: NoteReason.OPAQUE, text: `opaque: ${causeText(note.cause, vocabulary)}` };
    case 'no-sidecar':
      return { reason: NoteReason.NO_SIDECAR, text: 'no identity: the pod has no sidecar' };
    case 'port-skipped':
      return {
        reason: NoteReason.PORT_SKIPPED,
        text: `no identity: the port passes by the sidecar (annotation config.${vocabulary.meshDomain}/skip-inbound-ports)`,
      };
    case 'other-control-plane':
      return {
        reason: NoteReason.OTHER_CONTROL_PLANE,
        text: `no identity: the sidecar belongs to the control plane in namespace ${note.namespace}`,
      };
    case 'no-workload':
      return { reason: NoteReason.NO_WORKLOAD, text: 'no identity: no workload is known at this address' };
    case 'gateway': {
      const proxy = note.identity === undefined ? 'without a proxy' : `whose proxy is ${note.identity}`;
      const gateway = note.authority === undefined ? 'a gateway' : `a gateway to ${note.authority}`;
      return { reason: NoteReason.GATEWAY, text: `${gateway}, ${proxy}` };
    }
  }
}

/** What makes a port opaque, in words that complete `opaque: …`. */
export function causeText(cause: OpaqueCause, { meshDomain }: Vocabulary): string {
  switch (cause.kind) {
    case 'annotation':
      return `annotation config.${meshDomain}/opaque-ports`;
    case 'default-ports':
      return "the mesh's list, --default-opaque-ports";
    case 'server':
      return `Server ${cause.server}`;
  }
}

export function toOpaqueReason(cause: OpaqueCause): OpaqueReason {
  switch (cause.kind) {
    case 'annotation':
      return OpaqueReason.ANNOTATION;
    case 'default-ports':
      return OpaqueReason.DEFAULT_PORTS;
    case 'server':
      return OpaqueReason.SERVER;
  }
}

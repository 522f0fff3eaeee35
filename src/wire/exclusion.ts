import type { ExplainedAddress } from '../core/endpoint-explanation.js';
import type { Exclusion } from '../core/exclusion.js';
import { type Excluded, ExclusionReason } from '../gen/conduit/api/v1/api.js';
import { named } from './object-ref.js';
import type { Vocabulary } from './vocabulary.js';

/** Why this address is not told, in the words of the object that caused it. */
export function toExcluded(
  exclusion: Exclusion,
  { object, workload }: ExplainedAddress,
  { backendsKind }: Vocabulary,
): Excluded {
  const isSlice = backendsKind === 'EndpointSlice';
  switch (exclusion.kind) {
    case 'not-ready':
      return {
        reason: ExclusionReason.NOT_READY,
        text: isSlice ? 'not ready: conditions.ready is false' : 'not ready: listed in notReadyAddresses',
      };
    case 'port-name-absent': {
      const { portName } = exclusion;
      const port = portName === '' ? 'port without a name' : `port named ${portName}`;
      return {
        reason: ExclusionReason.PORT_NAME_ABSENT,
        text: `no ${port} in ${isSlice ? 'this EndpointSlice' : 'its subset of these Endpoints'}`,
      };
    }
    case 'no-ports':
      return {
        reason: ExclusionReason.NO_PORTS,
        text: `no port in ${isSlice ? 'this EndpointSlice' : 'its subset of these Endpoints'}`,
      };
    case 'other-instance': {
      const { hostname } = exclusion;
      return {
        reason: ExclusionReason.OTHER_INSTANCE,
        text:
          hostname === undefined ? 'another instance: it has no hostname' : `another instance: ${hostname}`,
      };
    }
    case 'workload-unknown':
      return {
        reason: ExclusionReason.WORKLOAD_UNKNOWN,
        text: `${named(exclusion.workload)} is unknown to the API server`,
      };
    case 'workload-replaced': {
      const { meantUid, uid } = exclusion;
      return {
        reason: ExclusionReason.WORKLOAD_REPLACED,
        text: `${named(exclusion.workload)} was replaced: meant is the one with uid ${meantUid}, there is ${uid}`,
      };
    }
    case 'target-unsupported':
      return {
        reason: ExclusionReason.TARGET_UNSUPPORTED,
        text: `its targetRef is of kind ${exclusion.targetKind}, which can't be resolved`,
      };
    case 'other-node': {
      const { node, clientNode } = exclusion;
      const where = node === undefined ? 'on no known node' : `on node ${node}`;
      const client =
        clientNode === undefined ? "the client doesn't say its node" : `the client is on ${clientNode}`;
      return {
        reason: ExclusionReason.OTHER_NODE,
        text: `${where}; ${client}, and internalTrafficPolicy is Local`,
      };
    }
    case 'other-zone': {
      const { forZones, clientZone } = exclusion;
      const zones =
        forZones.length === 0
          ? 'no zone'
          : `${forZones.length === 1 ? 'zone' : 'zones'} ${forZones.join(', ')}`;
      return {
        reason: ExclusionReason.OTHER_ZONE,
        text: `meant for ${zones}; the client is in zone ${clientZone}`,
      };
    }
    case 'second-family':
      return {
        reason: ExclusionReason.SECOND_FAMILY,
        text: `IPv4 address of dual-stack ${workload === undefined ? 'pod' : named(workload)}: its IPv6 address is used`,
      };
    case 'repeated': {
      const { by } = exclusion;
      return {
        reason: ExclusionReason.REPEATED,
        text:
          by === object
            ? 'repeated further on in the same object'
            : `repeated: ${backendsKind} ${by} has it too`,
      };
    }
  }
}

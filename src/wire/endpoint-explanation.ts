import type {
  EndpointExplanation,
  ExplainedAddress,
  ExplainedClient,
  ExplainedPort,
  ExplainedService,
} from '../core/endpoint-explanation.js';
import {
  type Address,
  type ClientContext,
  type ExplainEndpointsResponse,
  InternalTrafficPolicy,
  type Port,
  type Rule,
  RuleReason,
  type Service,
  ServiceType,
} from '../gen/conduit/api/v1/api.js';
import { toNote } from './endpoint-note.js';
import { toExcluded } from './exclusion.js';
import { named, toObjectRef, toWorkloadRef } from './object-ref.js';
import type { Vocabulary } from './vocabulary.js';

export function toExplainEndpointsResponse(
  explanation: EndpointExplanation,
  clientNamespace: string | undefined,
  vocabulary: Vocabulary,
): ExplainEndpointsResponse {
  const { service, port, hostname = '', client, addresses } = explanation;
  return {
    service: service && toService(service),
    port: toPort(port),
    instance: hostname,
    client: toClientContext(client, clientNamespace),
    rule: toRule(explanation),
    addresses: addresses.map((address) => toAddress(address, vocabulary)),
  };
}

function toService({ namespace, name, type, internalTrafficPolicy }: ExplainedService): Service {
  return {
    namespace,
    name,
    type: serviceTypes[type],
    internalTrafficPolicy: trafficPolicies[internalTrafficPolicy],
  };
}

const serviceTypes = {
  ClusterIP: ServiceType.CLUSTER_IP,
  NodePort: ServiceType.NODE_PORT,
  LoadBalancer: ServiceType.LOAD_BALANCER,
  ExternalName: ServiceType.EXTERNAL_NAME,
} as const satisfies Readonly<Record<ExplainedService['type'], ServiceType>>;

const trafficPolicies = {
  Cluster: InternalTrafficPolicy.CLUSTER,
  Local: InternalTrafficPolicy.LOCAL,
} as const satisfies Readonly<Record<ExplainedService['internalTrafficPolicy'], InternalTrafficPolicy>>;

function toPort(port: ExplainedPort): Port {
  return port.kind === 'named'
    ? { number: port.port, declared: true, name: port.name }
    : { number: port.port, declared: false, name: '' };
}

function toClientContext(client: ExplainedClient, namespace: string | undefined): ClientContext {
  return {
    namespace: namespace ?? '',
    node: client.node ?? '',
    zone: client.zone ?? '',
    zoneUnknownBecause: client.zone === undefined ? zoneProblem(client) : '',
  };
}

/** Why the zone of a client isn't known. */
function zoneProblem({ node, nodeIsKnown }: ExplainedClient): string {
  if (node === undefined) return "the client doesn't say its node";
  if (!nodeIsKnown) return `node ${node} is unknown to the API server`;
  return `node ${node} has no label topology.kubernetes.io/zone`;
}

function toRule({ rule, client, unhinted }: EndpointExplanation): Rule {
  switch (rule.kind) {
    case 'unhinted':
      return { reason: RuleReason.NO_HINTS, text: 'all: no address has hints for zones' };
    case 'zone-unknown':
      return {
        reason: RuleReason.CLIENT_ZONE_UNKNOWN,
        text: `all: hints are not used, since the client's zone is not known: ${zoneProblem(client)}`,
      };
    case 'hints-incomplete': {
      const { workload, address } = unhinted ?? {};
      const without = workload === undefined ? (address ?? 'an address') : `${named(workload)} (${address})`;
      return {
        reason: RuleReason.HINTS_INCOMPLETE,
        text: `all: hints are not used, since ${without} has none`,
      };
    }
    case 'zone-unserved':
      return {
        reason: RuleReason.ZONE_UNSERVED,
        text: `all: hints are not used, since none is for zone ${rule.zone}, the client's`,
      };
    case 'own-zone':
      return {
        reason: RuleReason.OWN_ZONE,
        text: `those meant for zone ${rule.zone}, the client's: all that can take traffic have hints`,
      };
    case 'own-node':
      return {
        reason: RuleReason.OWN_NODE,
        text:
          rule.node === undefined
            ? "none: internalTrafficPolicy is Local, and the client doesn't say its node"
            : `those on node ${rule.node}, the client's: internalTrafficPolicy is Local`,
      };
  }
}

function toAddress(address: ExplainedAddress, vocabulary: Vocabulary): Address {
  const { ip, port, object, workload, zone, forZones, verdict } = address;
  return {
    ip,
    port: port ?? 0,
    object: toObjectRef(vocabulary.backendsKind, object),
    workload: toWorkloadRef(workload),
    zone: zone ?? '',
    forZones: [...(forZones ?? [])],
    verdict:
      verdict.kind === 'served'
        ? { $case: 'served', value: { notes: verdict.notes.map((note) => toNote(note, vocabulary)) } }
        : { $case: 'excluded', value: toExcluded(verdict.exclusion, address, vocabulary) },
  };
}

import { addressKey } from '../core/endpoint.js';
import {
  type Address,
  ExclusionReason,
  type ExplainEndpointsResponse,
  InternalTrafficPolicy,
  type Note,
  NoteReason,
  RuleReason,
  ServiceType,
} from '../gen/conduit/api/v1/api.js';
import { enumName } from './enum-name.js';

/**
 * The JSON of `conduit endpoints --explain -o json`: a document for each authority. Fields may be added; none is
 * renamed, removed or given another meaning. What isn't there is null. Texts may be reworded; reasons stay.
 */
export interface EndpointExplanationDocument {
  readonly authority: string;
  readonly service: {
    readonly namespace: string;
    readonly name: string;
    /** As Kubernetes spells it: `ClusterIP`. */
    readonly type: string | null;
    /** `Cluster` or `Local`. */
    readonly internalTrafficPolicy: string | null;
  } | null;
  /** `name` is what the service calls the port; `declared` whether it has the port at all. */
  readonly port: {
    readonly number: number;
    readonly declared: boolean;
    readonly name: string | null;
  } | null;
  readonly instance: string | null;
  readonly client: {
    readonly namespace: string | null;
    readonly node: string | null;
    readonly zone: string | null;
    readonly zoneUnknownBecause: string | null;
  } | null;
  readonly rule: ReasonDocument | null;
  /** In the order of addresses; an address that is declared several times stands here as often. */
  readonly addresses: readonly AddressDocument[];
}

/** `reason` is for programs, `text` for people. */
export interface ReasonDocument {
  readonly reason: string;
  readonly text: string;
}

export interface ObjectDocument {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface AddressDocument {
  /** `ip:port`, with brackets around an IPv6 address; the ip alone where the port can't be told. */
  readonly address: string;
  readonly ip: string;
  readonly port: number | null;
  readonly object: ObjectDocument | null;
  readonly workload: ObjectDocument | null;
  readonly zone: string | null;
  readonly forZones: readonly string[];
  readonly verdict: 'served' | 'excluded' | null;
  /** Why it is excluded; null where it isn't. */
  readonly exclusion: ReasonDocument | null;
  /** About one that is served. */
  readonly notes: readonly ReasonDocument[];
}

export function endpointExplanationDocument(
  authority: string,
  { service, port, instance, client, rule, addresses }: ExplainEndpointsResponse,
): EndpointExplanationDocument {
  return {
    authority,
    service:
      service === undefined
        ? null
        : {
            namespace: service.namespace,
            name: service.name,
            type: serviceTypeName(service.type) ?? null,
            internalTrafficPolicy: trafficPolicies.get(service.internalTrafficPolicy) ?? null,
          },
    port:
      port === undefined
        ? null
        : { number: port.number, declared: port.declared, name: port.declared ? port.name : null },
    instance: orNull(instance),
    client:
      client === undefined
        ? null
        : {
            namespace: orNull(client.namespace),
            node: orNull(client.node),
            zone: orNull(client.zone),
            zoneUnknownBecause: orNull(client.zoneUnknownBecause),
          },
    rule: rule === undefined ? null : { reason: enumName(RuleReason, rule.reason), text: rule.text },
    addresses: addresses.map(addressDocument),
  };
}

function addressDocument({ ip, port, object, workload, zone, forZones, verdict }: Address): AddressDocument {
  const excluded = verdict?.$case === 'excluded' ? verdict.value : undefined;
  return {
    address: port === 0 ? ip : addressKey(ip, port),
    ip,
    port: port === 0 ? null : port,
    object: object ?? null,
    workload: workload ?? null,
    zone: orNull(zone),
    forZones,
    verdict: verdict?.$case ?? null,
    exclusion:
      excluded === undefined
        ? null
        : { reason: enumName(ExclusionReason, excluded.reason), text: excluded.text },
    notes: verdict?.$case === 'served' ? verdict.value.notes.map(noteDocument) : [],
  };
}

export function noteDocument({ reason, text }: Note): ReasonDocument {
  return { reason: enumName(NoteReason, reason), text };
}

export function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** As Kubernetes spells it; undefined for a type of a newer server. */
export function serviceTypeName(type: ServiceType): string | undefined {
  return serviceTypes.get(type);
}

const serviceTypes: ReadonlyMap<ServiceType, string> = new Map([
  [ServiceType.CLUSTER_IP, 'ClusterIP'],
  [ServiceType.NODE_PORT, 'NodePort'],
  [ServiceType.LOAD_BALANCER, 'LoadBalancer'],
  [ServiceType.EXTERNAL_NAME, 'ExternalName'],
]);

const trafficPolicies: ReadonlyMap<InternalTrafficPolicy, string> = new Map([
  [InternalTrafficPolicy.CLUSTER, 'Cluster'],
  [InternalTrafficPolicy.LOCAL, 'Local'],
]);

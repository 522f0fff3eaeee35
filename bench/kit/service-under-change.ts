import {
  type BackendsId,
  backendsId,
  nodeName,
  podId,
  replicaSetId,
  type ServiceId,
  serviceId,
  type Zone,
  zone,
} from '../../src/core/ids.js';
import type { Backend, BackendsRow } from '../../src/mesh/rows.js';
import type { MeshTables } from '../../src/mesh/tables.js';
import { nameSuffix } from './name-suffix.js';

/**
 * A Deployment's meshed pods behind one Service, in EndpointSlices as Kubernetes would fill them. A change moves some
 * pods to a zone that none was in before: each of them is told anew, with all its labels.
 */

export interface Change {
  /** Counts the changes of a service from 1. */
  readonly round: number;
  /** How many endpoints change; all must be in one slice. */
  readonly endpoints: number;
  /** The first of them. Default 0. */
  readonly first?: number;
}

/** What a client must be told about an endpoint, in plain words. */
export interface EndpointFacts {
  readonly ip: string;
  readonly port: number;
  readonly pod: string;
  readonly zone: string;
}

/** All clients are in this zone, so that one encoding serves them all. No endpoint is in it. */
export const clientZone = 'europe-west1-clients';
export const namespace = 'boutique';
export const checkout = 'checkout';
export const podTemplateHash = '6d4b75cb6d';

const controlPlaneNamespace = 'conduit';
const nodes = 50;
const targetPort = 8080;
/** What the controller manager fills a slice up to (`--max-endpoints-per-slice`). */
const maxEndpointsPerSlice = 100;

export interface ServiceUnderChangeOptions {
  /** Of the Service, of its Deployment and of its service account. Default `checkout`. */
  readonly name?: string;
  /** How many endpoints it has. */
  readonly size: number;
}

/** Tables, or what stands before the one of backends. */
interface Populated extends Pick<MeshTables, 'services' | 'replicaSets' | 'pods'> {
  readonly backends: Pick<MeshTables['backends'], 'apply'>;
}

const none: readonly never[] = [];

export class ServiceUnderChange {
  readonly id: ServiceId;
  readonly #name: string;
  readonly #roundOf: number[];

  constructor({ name = checkout, size }: ServiceUnderChangeOptions) {
    this.id = serviceId(namespace, name);
    this.#name = name;
    this.#roundOf = Array.from({ length: size }, () => 0);
  }

  /** Enters all of it in its initial state. */
  populate(tables: Populated): void {
    tables.services.apply(this.id, {
      id: this.id,
      namespace,
      name: this.#name,
      type: 'ClusterIP',
      ports: [{ name: 'http', port: 80 }],
      clusterIps: [],
      opaquePorts: undefined,
      internalTrafficPolicy: 'Cluster',
    });
    const replicaSet = `${this.#name}-${podTemplateHash}`;
    const replicaSetKey = replicaSetId(namespace, replicaSet);
    tables.replicaSets.apply(replicaSetKey, {
      id: replicaSetKey,
      owner: { kind: 'Deployment', name: this.#name },
    });
    const labels = { app: this.#name, 'pod-template-hash': podTemplateHash };
    for (const index of this.#roundOf.keys()) {
      const { pod, ip } = endpointFacts(index, 0, this.#name);
      const id = podId(namespace, pod);
      tables.pods.apply(id, {
        id,
        namespace,
        name: pod,
        uid: uidOf(index),
        nodeName: nodeName(nodeOfClient(index)),
        serviceAccount: this.#name,
        owner: { kind: 'ReplicaSet', name: replicaSet },
        controlPlaneNamespace,
        podTemplateHash,
        labels,
        opaquePorts: undefined,
        namedPorts: none,
        ips: [ip],
        isOnHostNetwork: false,
        hostIps: none,
        hostPorts: none,
        phase: 'running',
        isTerminating: false,
        createdAtS: 0,
        proxy: undefined,
      });
    }
    for (let first = 0; first < this.#roundOf.length; first += maxEndpointsPerSlice) {
      const slice = this.#slice(first);
      tables.backends.apply(slice.id, slice);
    }
  }

  /** Moves endpoints, and returns the slice that says so, with nothing in it shared with the slice before. */
  change({ round, endpoints, first = 0 }: Change): BackendsRow {
    const firstOfSlice = first - (first % maxEndpointsPerSlice);
    if (first + endpoints > firstOfSlice + maxEndpointsPerSlice) throw new RangeError('more than one slice');
    this.#roundOf.fill(round, first, first + endpoints);
    return this.#slice(firstOfSlice);
  }

  #slice(first: number): BackendsRow {
    const rounds = this.#roundOf.slice(first, first + maxEndpointsPerSlice);
    const backends = rounds.map((round, offset): Backend => {
      const facts = endpointFacts(first + offset, round, this.#name);
      return {
        ip: facts.ip,
        ready: true,
        target: { kind: 'Pod', id: podId(namespace, facts.pod), uid: uidOf(first + offset) },
        hostname: undefined,
        forZones: undefined,
        zone: zone(facts.zone),
      };
    });
    return {
      id: this.#sliceId(first),
      namespace,
      service: this.id,
      groups: [{ ports: [{ name: 'http', port: targetPort }], backends }],
      mirror: undefined,
      triggeredAtMs: undefined,
    };
  }

  #sliceId(first: number): BackendsId {
    return backendsId(namespace, `${this.#name}-${nameSuffix(first)}`);
  }
}

/** Enters the nodes that clients are on. */
export function populateNodes(tables: MeshTables): void {
  const inZone: Zone = zone(clientZone);
  for (let client = 0; client < nodes; client++) {
    const name = nodeName(nodeOfClient(client));
    tables.nodes.apply(name, { name, zone: inZone, ips: none });
  }
}

/** The node that the client of this number is on. */
export function nodeOfClient(client: number): string {
  return `gke-prod-pool-1-${String(client % nodes).padStart(4, '0')}`;
}

/** What a client is told about endpoint `index` after it was last moved by change `round`; 0 is the initial state. */
export function endpointFacts(index: number, round: number, deployment: string = checkout): EndpointFacts {
  return {
    ip: `10.42.${Math.floor(index / 200)}.${10 + (index % 200)}`,
    port: targetPort,
    pod: `${deployment}-${podTemplateHash}-${nameSuffix(index)}`,
    zone: zoneOfRound(round),
  };
}

/** Of constant length, so that every round sends as much as the others. */
function zoneOfRound(round: number): string {
  return `europe-west1-${String(round).padStart(6, '0')}`;
}

function uidOf(index: number): string {
  return `0e7c9d4a-5b1f-4c3d-9a2e-${index.toString(16).padStart(12, '0')}`;
}

import { type AddressKey, addressKey, type Endpoint } from '../core/endpoint.js';
import type {
  EndpointExplanation,
  EndpointVerdict,
  ExplainedAddress,
  ExplainedService,
} from '../core/endpoint-explanation.js';
import type { Exclusion, NamedWorkload } from '../core/exclusion.js';
import type { BackendsId } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import { type Candidate, type Judged, judge } from './candidates.js';
import { type ClientEndpointsKey, clientEndpointsId, clientPlace } from './client-endpoints.js';
import { isSecondFamily, podsWithIpv6 } from './dual-stack.js';
import { exclusionBy } from './endpoint-parts.js';
import { type EndpointSources, type Gathered, gather } from './endpoints.js';
import { type NoteSources, notesOn } from './endpoint-notes.js';
import type { Backend, BackendTarget, ServiceRow } from './rows.js';

/**
 * Why clients are told what `client_endpoints` has for the same key. It is worked out by the functions that the
 * endpoints are derived with, so that the two can't differ; and only when somebody asks, since keeping all the reasons
 * would cost every change of every service.
 */
export type EndpointExplanations = View<ClientEndpointsKey, EndpointExplanation>;

interface Sources extends EndpointSources, NoteSources {}

export function createEndpointExplanations(engine: Engine, sources: Sources): EndpointExplanations {
  const { tables } = sources;
  return new View<ClientEndpointsKey, EndpointExplanation>(engine, {
    name: 'endpoint_explanations',
    id: clientEndpointsId,
    derive(read, key) {
      const { node, port, hostname } = key;
      const service = read.get(tables.services, key.service);
      const place = clientPlace(read, tables, key);
      const gathered = service && gather(read, sources, service, { ...key, ...place });
      return {
        service: service && explainedService(service),
        port: gathered?.target ?? { kind: 'number', port },
        hostname,
        client: {
          node,
          nodeIsKnown: node !== undefined && read.get(tables.nodes, node) !== undefined,
          zone: place.zone,
        },
        rule: gathered?.rule ?? { kind: 'unhinted' },
        unhinted: gathered?.rule.kind === 'hints-incomplete' ? firstUnhinted(gathered) : undefined,
        addresses: gathered === undefined ? [] : explainAddresses(read, sources, gathered, hostname),
      };
    },
  });
}

function explainedService({ namespace, name, type, internalTrafficPolicy }: ServiceRow): ExplainedService {
  return { namespace, name, type, internalTrafficPolicy };
}

function firstUnhinted({ offered }: Gathered): EndpointExplanation['unhinted'] {
  for (const { byAddress: candidates, isHinted } of offered) {
    if (isHinted) continue;
    for (const [address, { endpoint, forZones }] of candidates) {
      if (forZones === undefined) return { address, workload: workloadOf(endpoint) };
    }
  }
  return undefined;
}

function workloadOf({ workload }: Endpoint): NamedWorkload | undefined {
  return workload && { kind: workload.kind, id: `${workload.namespace}/${workload.name}` };
}

function explainAddresses(
  read: Reader,
  sources: Sources,
  { objects, target, filter, parts }: Gathered,
  hostname: string | undefined,
): readonly ExplainedAddress[] {
  const ipv6Pods = podsWithIpv6(parts.values());
  const servedBy = new Map<AddressKey, BackendsId>();

  /** Why a candidate that counts in its own object is told to no client here; undefined where it is told. */
  const exclusionOf = (candidate: Candidate, key: AddressKey): Exclusion | undefined => {
    const { endpoint } = candidate;
    const excluded = exclusionBy(filter, candidate);
    if (excluded !== undefined) return excluded;
    if (isSecondFamily(endpoint, ipv6Pods)) return { kind: 'second-family' };
    const by = servedBy.get(key);
    return by === undefined ? undefined : { kind: 'repeated', by };
  };

  const addresses = objects.flatMap((row) =>
    mentionsOf(read, sources, { row, target, hostname }).map(({ backend, port, verdict, isLast }) => {
      const conclude = (): EndpointVerdict => {
        if (verdict.kind !== 'candidate') return { kind: 'excluded', exclusion: verdict };
        if (!isLast) return { kind: 'excluded', exclusion: { kind: 'repeated', by: row.id } };
        const key = addressKey(backend.ip, port);
        const exclusion = exclusionOf(verdict, key);
        if (exclusion !== undefined) return { kind: 'excluded', exclusion };
        servedBy.set(key, row.id);
        return served(read, sources, verdict.endpoint, backend.target);
      };
      const { ip, zone, forZones } = backend;
      return {
        ip,
        port: port === 0 ? undefined : port,
        object: row.id,
        workload: namedWorkload(backend.target),
        zone,
        forZones,
        verdict: conclude(),
      };
    }),
  );
  return inOrder(addresses);
}

interface Mention {
  readonly backend: Backend;
  readonly port: number;
  readonly verdict: Candidate | Exclusion;
  /** Whether no later candidate of the same object has the address. */
  isLast: boolean;
}

/** Every backend of an object, as it was judged. */
function mentionsOf(read: Reader, { judging }: Sources, judged: Judged): readonly Mention[] {
  const mentions: Mention[] = [];
  const latest = new Map<AddressKey, Mention>();
  judge(read, judging, judged, (backend, port, verdict) => {
    const mention: Mention = { backend, port, verdict, isLast: true };
    mentions.push(mention);
    if (verdict.kind !== 'candidate') return;
    const key = addressKey(backend.ip, port);
    const earlier = latest.get(key);
    if (earlier !== undefined) earlier.isLast = false;
    latest.set(key, mention);
  });
  return mentions;
}

function served(
  read: Reader,
  sources: NoteSources,
  endpoint: Endpoint,
  target: BackendTarget,
): EndpointVerdict {
  return { kind: 'served', notes: notesOn(read, sources, endpoint, target) };
}

export function namedWorkload(target: BackendTarget): NamedWorkload | undefined {
  switch (target.kind) {
    case 'Pod':
    case 'ExternalWorkload':
      return { kind: target.kind, id: target.id };
    case 'Address':
    case 'Other':
      return undefined;
  }
}

/** Of the same address, in the order of the objects and in which each mentions it: sorting is stable. */
function inOrder(addresses: readonly ExplainedAddress[]): readonly ExplainedAddress[] {
  return addresses
    .map((address) => ({ address, rank: rankOf(address) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .map(({ address }) => address);
}

/** Puts 10.0.0.9 before 10.0.0.10: parts of an address are numbers of up to four digits, ports of up to five. */
function rankOf({ ip, port = 0 }: ExplainedAddress): string {
  const parts = ip.split(/[.:]/).map((part) => part.padStart(4, '0'));
  return `${parts.join('.')} ${String(port).padStart(5, '0')}`;
}

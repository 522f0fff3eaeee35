import { type AddressKey, addressKey, type Endpoint, endpointKey } from '../core/endpoint.js';
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
import { type ClientEndpointsKey, clientEndpointsId, clientPlace } from './client-endpoints.js';
import { isSecondFamily, podsWithIpv6 } from './dual-stack.js';
import { exclusionBy } from './endpoint-parts.js';
import { type EndpointSources, type Gathered, gather } from './endpoints.js';
import { type NoteSources, notesOn } from './endpoint-notes.js';
import { type Candidate, judge, type Judgement } from './judge.js';
import type { BackendTarget, ServiceRow } from './rows.js';

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

function firstUnhinted({ offer }: Gathered): EndpointExplanation['unhinted'] {
  for (const { candidates, hints } of offer.offered) {
    if (hints.areComplete) continue;
    for (const { endpoint, forZones } of candidates) {
      if (forZones === undefined) return { address: endpointKey(endpoint), workload: workloadOf(endpoint) };
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
  { offer, target, filter, parts }: Gathered,
  hostname: string | undefined,
): readonly ExplainedAddress[] {
  const ipv6Pods = podsWithIpv6(parts);
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

  const addresses = offer.objects.flatMap((object) => {
    const row = read.get(sources.tables.backends, object);
    const judgements =
      row === undefined ? [] : judge(read, sources.judging, { row, target, hostname }).judgements;
    const latest = lastOfEach(judgements);
    return judgements.map((judgement) => {
      const { backend, port, verdict } = judgement;
      const conclude = (): EndpointVerdict => {
        if (verdict.kind !== 'candidate') return { kind: 'excluded', exclusion: verdict };
        if (!latest.has(judgement)) return { kind: 'excluded', exclusion: { kind: 'repeated', by: object } };
        const key = addressKey(backend.ip, port);
        const exclusion = exclusionOf(verdict, key);
        if (exclusion !== undefined) return { kind: 'excluded', exclusion };
        servedBy.set(key, object);
        return served(read, sources, verdict.endpoint, backend.target);
      };
      const { ip, zone, forZones } = backend;
      return {
        ip,
        port: port === 0 ? undefined : port,
        object,
        workload: namedWorkload(backend.target),
        zone,
        forZones,
        verdict: conclude(),
      };
    });
  });
  return inOrder(addresses);
}

/** Of all candidates of an object those that speak for their address: no later one has it. */
function lastOfEach(judgements: readonly Judgement[]): ReadonlySet<Judgement> {
  const byAddress = new Map<AddressKey, Judgement>();
  for (const judgement of judgements) {
    const { verdict } = judgement;
    if (verdict.kind === 'candidate') byAddress.set(endpointKey(verdict.endpoint), judgement);
  }
  return new Set(byAddress.values());
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

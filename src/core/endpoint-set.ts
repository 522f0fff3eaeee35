import { type AddressKey, type Endpoint, endpointsEqual, localityOf } from './endpoint.js';
import { plainEqual } from './equal.js';
import type { BackendsId, Zone } from './ids.js';

/**
 * The endpoints of one destination, as one group of clients sees them.
 *
 * It is the union of parts, one for each object that declared endpoints, which are shared with the sets before and
 * after: telling two sets apart costs as much as the parts that differ, not as much as the service is large. An address
 * that several parts hold counts once, as the first of them has it.
 */
export interface EndpointSet {
  readonly service: { readonly namespace: string; readonly name: string };
  /** False while there is no such service; it has no parts then. */
  readonly exists: boolean;
  /** Where the clients are, which decides whether an endpoint is local to them; undefined where that is not known. */
  readonly clientZone: Zone | undefined;
  /** The service in another cluster that this one stands for. */
  readonly remote: RemoteService | undefined;
  /** Ordered by id. */
  readonly parts: ReadonlyMap<BackendsId, EndpointPart>;
  /**
   * When the latest change was made that the endpoints are known to be the answer to, in milliseconds since the epoch. It
   * says how long telling it took, and nothing to a client.
   */
  readonly triggeredAtMs: number | undefined;
}

export interface RemoteService {
  readonly cluster: string;
  /** Undefined where its name isn't known. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
}

export type EndpointPart = ReadonlyMap<AddressKey, Endpoint>;

/** What a client that knows one set must be told to know another. */
export interface EndpointDelta {
  /** New endpoints, and those whose description changed. */
  readonly added: readonly Endpoint[];
  /** Endpoints whose address is gone. */
  readonly removed: readonly Endpoint[];
}

/** Every endpoint of the set by its address, in the order of the parts. */
export function endpointsOf(set: EndpointSet): ReadonlyMap<AddressKey, Endpoint> {
  const union = new Map<AddressKey, Endpoint>();
  for (const part of set.parts.values()) {
    for (const [key, endpoint] of part) if (!union.has(key)) union.set(key, endpoint);
  }
  return union;
}

/** Whether both sets mean the same to a client. */
export function endpointSetsEqual(a: EndpointSet, b: EndpointSet): boolean {
  if (a.exists !== b.exists || a.clientZone !== b.clientZone || a.parts.size !== b.parts.size) return false;
  if (!plainEqual(a.remote, b.remote)) return false;
  for (const [id, part] of a.parts) {
    const other = b.parts.get(id);
    if (other !== part && (other === undefined || !endpointPartsEqual(part, other))) return false;
  }
  return true;
}

/**
 * Whether both parts hold the same addresses, described alike. Those that have been taken over from one to the other are in
 * the same place, mostly, and need not be looked for.
 */
export function endpointPartsEqual(a: EndpointPart, b: EndpointPart): boolean {
  if (a.size !== b.size) return false;
  const others = b.values();
  for (const [key, endpoint] of a) {
    if (others.next().value === endpoint) continue;
    const other = b.get(key);
    if (other === undefined || !endpointsEqual(endpoint, other)) return false;
  }
  return true;
}

export function diffEndpointSets(before: EndpointSet, after: EndpointSet): EndpointDelta {
  // An endpoint's locality, which follows from the client's zone, is part of its description, and so is what it is
  // remote for.
  if (before.clientZone !== after.clientZone || !plainEqual(before.remote, after.remote)) {
    return diffWhole(before, after);
  }
  const added: Endpoint[] = [];
  const removed: Endpoint[] = [];
  for (const key of differingKeys(before, after)) {
    const was = find(before, key);
    const is = find(after, key);
    if (is !== undefined) {
      if (was === undefined || !endpointsEqual(was, is)) added.push(is);
    } else if (was !== undefined) {
      removed.push(was);
    }
  }
  return { added, removed };
}

function diffWhole(before: EndpointSet, after: EndpointSet): EndpointDelta {
  const was = endpointsOf(before);
  const is = endpointsOf(after);
  const isLabelledAlike = plainEqual(before.remote, after.remote);
  const added = [...is].flatMap(([key, endpoint]) => {
    const former = was.get(key);
    const isKnown =
      isLabelledAlike &&
      former !== undefined &&
      endpointsEqual(former, endpoint) &&
      localityOf(former.zone, before.clientZone) === localityOf(endpoint.zone, after.clientZone);
    return isKnown ? [] : [endpoint];
  });
  const removed = [...was].flatMap(([key, endpoint]) => (is.has(key) ? [] : [endpoint]));
  return { added, removed };
}

/** The addresses that some part holds differently in the two sets: all others mean the same in both. */
function differingKeys(before: EndpointSet, after: EndpointSet): ReadonlySet<AddressKey> {
  const keys = new Set<AddressKey>();
  const collect = (set: EndpointSet, other: EndpointSet): void => {
    for (const [id, part] of set.parts) {
      const counterpart = other.parts.get(id);
      if (part === counterpart) continue;
      const matches = counterpart?.values();
      for (const [key, endpoint] of part) {
        if (matches?.next().value === endpoint) continue;
        const match = counterpart?.get(key);
        if (match === undefined || !endpointsEqual(endpoint, match)) keys.add(key);
      }
    }
  };
  collect(before, after);
  collect(after, before);
  return keys;
}

function find(set: EndpointSet, key: AddressKey): Endpoint | undefined {
  for (const part of set.parts.values()) {
    const endpoint = part.get(key);
    if (endpoint !== undefined) return endpoint;
  }
  return undefined;
}

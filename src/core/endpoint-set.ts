import { type AddressKey, type Endpoint, endpointKey, endpointsEqual, localityOf } from './endpoint.js';
import { differencesOf, type EndpointPart, endpointPartsEqual } from './endpoint-part.js';
import { arraysEqual, plainEqual } from './equal.js';
import type { Zone } from './ids.js';

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
  /** Ordered by their sources. */
  readonly parts: readonly EndpointPart[];
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
  for (const part of set.parts) {
    for (const endpoint of part.endpoints) {
      const key = endpointKey(endpoint);
      if (!union.has(key)) union.set(key, endpoint);
    }
  }
  return union;
}

/** Whether both sets mean the same to a client. */
export function endpointSetsEqual(a: EndpointSet, b: EndpointSet): boolean {
  return (
    a.exists === b.exists &&
    a.clientZone === b.clientZone &&
    plainEqual(a.remote, b.remote) &&
    arraysEqual(a.parts, b.parts, endpointPartsEqual)
  );
}

export function diffEndpointSets(before: EndpointSet, after: EndpointSet): EndpointDelta {
  // An endpoint's locality, which follows from the client's zone, is part of its description, and so is what it is
  // remote for.
  if (before.clientZone !== after.clientZone || !plainEqual(before.remote, after.remote)) {
    return diffWhole(before, after);
  }
  const added: Endpoint[] = [];
  const removed: Endpoint[] = [];
  for (const [key, endpoint] of differing(before, after)) {
    const { was, is } = findInBoth(before, after, key, endpoint);
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

/** One endpoint for each address that some part may hold differently in the two sets: all others mean the same in both. */
function differing(before: EndpointSet, after: EndpointSet): ReadonlyMap<AddressKey, Endpoint> {
  const byAddress = new Map<AddressKey, Endpoint>();
  const collect = (part: EndpointPart | undefined, other: EndpointPart | undefined): void => {
    if (part === undefined) return;
    for (const endpoint of differencesOf(part, other)) byAddress.set(endpointKey(endpoint), endpoint);
  };
  let [at, atAfter] = [0, 0];
  while (at < before.parts.length || atAfter < after.parts.length) {
    const was = before.parts[at];
    const is = after.parts[atAfter];
    if (was === is) {
      at++;
      atAfter++;
    } else if (is === undefined || (was !== undefined && was.source < is.source)) {
      collect(was, undefined);
      at++;
    } else if (was === undefined || is.source < was.source) {
      collect(is, undefined);
      atAfter++;
    } else {
      collect(was, is);
      collect(is, was);
      at++;
      atAfter++;
    }
  }
  return byAddress;
}

/** What each of the two sets has at the address of `sought`. */
function findInBoth(
  before: EndpointSet,
  after: EndpointSet,
  key: AddressKey,
  sought: Endpoint,
): { readonly was: Endpoint | undefined; readonly is: Endpoint | undefined } {
  let was: Endpoint | undefined;
  let is: Endpoint | undefined;
  const places = Math.max(before.parts.length, after.parts.length);
  for (let place = 0; place < places && (was === undefined || is === undefined); place++) {
    const partBefore = before.parts[place];
    const partAfter = after.parts[place];
    const found = was ?? partBefore?.find(key, sought);
    // Most parts stand in both.
    is ??= partAfter === partBefore && was === undefined ? found : partAfter?.find(key, sought);
    was = found;
  }
  return { was, is };
}

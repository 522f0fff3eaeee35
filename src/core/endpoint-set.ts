import { type AddressKey, type Endpoint, endpointKey, endpointsEqual, localityOf } from './endpoint.js';
import { eachDifference, type EndpointPart, endpointPartsEqual } from './endpoint-part.js';
import { arraysEqual, plainEqual } from './equal.js';
import type { Zone } from './ids.js';
import type { PartsWithRepeats } from './repeated-addresses.js';

/**
 * The endpoints of one destination, as one group of clients sees them.
 *
 * It is the union of parts, one for each object that declared endpoints, which are shared with the sets before and
 * after: telling two sets apart costs as much as the parts that differ, not as much as the service is large. An address
 * that several parts hold counts once, as the first of them has it.
 */
export interface EndpointSet extends PartsWithRepeats {
  readonly service: { readonly namespace: string; readonly name: string };
  /** False while there is no such service; it has no parts then. */
  readonly exists: boolean;
  /** Where the clients are, which decides whether an endpoint is local to them; undefined where that is not known. */
  readonly clientZone: Zone | undefined;
  /** The service in another cluster that this one stands for. */
  readonly remote: RemoteService | undefined;
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
  const compare = (was: Endpoint | undefined, is: Endpoint | undefined): void => {
    if (is === undefined) {
      if (was !== undefined) removed.push(was);
    } else if (was === undefined || !endpointsEqual(was, is)) {
      added.push(is);
    }
  };
  const areRepeated = before.repeated.size > 0 || after.repeated.size > 0;
  const left = new Map<AddressKey, Endpoint>();
  const entered = new Map<AddressKey, Endpoint>();
  eachDifference(before.parts, after.parts, (was, is) => {
    if (was !== undefined && is !== undefined && !areRepeated) {
      compare(was, is);
      return;
    }
    if (was !== undefined) left.set(endpointKey(was), was);
    if (is !== undefined) entered.set(endpointKey(is), is);
  });
  const compareAt = (key: AddressKey, sought: Endpoint): void => {
    if (before.repeated.has(key) || after.repeated.has(key)) {
      compare(first(before.parts, key, sought), first(after.parts, key, sought));
    } else {
      compare(left.get(key), entered.get(key));
    }
  };
  for (const [key, endpoint] of left) compareAt(key, endpoint);
  for (const [key, endpoint] of entered) if (!left.has(key)) compareAt(key, endpoint);
  return { added, removed };
}

/** What the first part that has the address of `sought` says of it. */
function first(parts: readonly EndpointPart[], key: AddressKey, sought: Endpoint): Endpoint | undefined {
  for (const part of parts) {
    const found = part.find(key, sought);
    if (found !== undefined) return found;
  }
  return undefined;
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

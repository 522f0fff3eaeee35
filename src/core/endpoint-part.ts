import { changedRange } from './changed-range.js';
import { type AddressKey, type Endpoint, endpointKey, endpointsEqual, sameAddress } from './endpoint.js';
import type { BackendsId } from './ids.js';

/** The share of one object in the endpoints of a destination: no address twice. */
export class EndpointPart {
  /** The object that declares them. */
  readonly source: BackendsId;
  readonly endpoints: readonly Endpoint[];

  // Looked for in one go, a single address is found long before an index of all is made.
  #searches = 0;
  #byAddress: ReadonlyMap<AddressKey, Endpoint> | undefined;

  constructor(source: BackendsId, endpoints: readonly Endpoint[]) {
    this.source = source;
    this.endpoints = endpoints;
  }

  /** The endpoint that has the address of `sought`, whose key is `key`. */
  find(key: AddressKey, sought: Endpoint): Endpoint | undefined {
    if (this.#byAddress === undefined) {
      this.#searches += 1;
      if (this.#searches <= maxSearches) return this.endpoints.find((each) => sameAddress(each, sought));
      this.#byAddress = new Map(this.endpoints.map((each) => [endpointKey(each), each]));
    }
    return this.#byAddress.get(key);
  }
}

/** A part that changes often is asked twice in its life: on coming and on going. */
const maxSearches = 2;

/** Whether both hold the same addresses, described alike, whatever their order. */
export function endpointPartsEqual(a: EndpointPart, b: EndpointPart): boolean {
  if (a === b) return true;
  if (a.source !== b.source || a.endpoints.length !== b.endpoints.length) return false;
  const { start, end } = changedRange(a.endpoints, b.endpoints);
  for (let place = start; place < end; place++) {
    const endpoint = a.endpoints[place];
    const inPlace = b.endpoints[place];
    if (endpoint === undefined || inPlace === undefined) return false;
    const other = sameAddress(endpoint, inPlace) ? inPlace : b.find(endpointKey(endpoint), endpoint);
    if (other === undefined || !endpointsEqual(endpoint, other)) return false;
  }
  return true;
}

/** One endpoint as two lists of parts have it: the same address, in the same place of the same object's part, or in one alone. */
export type Visit = (was: Endpoint | undefined, is: Endpoint | undefined) => void;

/**
 * Visits what two lists of parts, ordered by their sources, don't share. Parts that are the same object are passed over, and
 * so are endpoints that stand in both parts of an object. What is visited may turn out equal, or to have changed its place.
 */
export function eachDifference(
  before: readonly EndpointPart[],
  after: readonly EndpointPart[],
  visit: Visit,
): void {
  let [at, atAfter] = [0, 0];
  while (at < before.length || atAfter < after.length) {
    const was = before[at];
    const is = after[atAfter];
    if (was === is) {
      at++;
      atAfter++;
    } else if (is === undefined || (was !== undefined && was.source < is.source)) {
      for (const endpoint of was?.endpoints ?? []) visit(endpoint, undefined);
      at++;
    } else if (was === undefined || is.source < was.source) {
      for (const endpoint of is.endpoints) visit(undefined, endpoint);
      atAfter++;
    } else {
      eachDifferenceOf(was.endpoints, is.endpoints, visit);
      at++;
      atAfter++;
    }
  }
}

function eachDifferenceOf(before: readonly Endpoint[], after: readonly Endpoint[], visit: Visit): void {
  const { start, end } = changedRange(after, before);
  const endBefore = end + before.length - after.length;
  for (let place = start; place < Math.max(end, endBefore); place++) {
    const was = place < endBefore ? before[place] : undefined;
    const is = place < end ? after[place] : undefined;
    if (was === is) continue;
    if (was !== undefined && is !== undefined && sameAddress(was, is)) {
      visit(was, is);
    } else {
      if (was !== undefined) visit(was, undefined);
      if (is !== undefined) visit(undefined, is);
    }
  }
}

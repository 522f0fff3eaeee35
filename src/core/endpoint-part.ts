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

/**
 * The endpoints of `part` that are not the same objects in `other`, and those between them. It takes next to nothing to pass
 * over the rest.
 */
export function differencesOf(part: EndpointPart, other: EndpointPart | undefined): readonly Endpoint[] {
  if (other === undefined) return part.endpoints;
  const { start, end } = changedRange(part.endpoints, other.endpoints);
  return part.endpoints.slice(start, end);
}

import { isDeepStrictEqual } from 'node:util';
import { type AddressKey, addressKey } from '../core/endpoint.js';
import type { Update } from '../gen/io/linkerd/proxy/destination/destination.js';
import { decodeAddress } from '../wire/socket-address.js';
import { decodeEndpoints, type ToldEndpoint } from './told-endpoint.js';

/** What a client was told of a service, up to one moment. */
export interface ToldSet {
  /** Whether the service itself exists; a service that does can have no endpoint. */
  readonly exists: boolean;
  readonly endpoints: ReadonlyMap<AddressKey, ToldEndpoint>;
}

/** What became of a set. Each list is in the order of addresses. */
export interface Difference {
  readonly added: readonly ToldEndpoint[];
  /** Endpoints at the same address that are described differently. */
  readonly changed: readonly { readonly from: ToldEndpoint; readonly to: ToldEndpoint }[];
  readonly removed: readonly ToldEndpoint[];
}

/** One step of a Get stream, with its addresses decoded. */
export type Step =
  | { readonly kind: 'add'; readonly endpoints: ReadonlyMap<AddressKey, ToldEndpoint> }
  | { readonly kind: 'remove'; readonly addresses: readonly AddressKey[] }
  | { readonly kind: 'none'; readonly exists: boolean };

/** Before anything was heard of a service. */
export const unknownSet: ToldSet = { exists: false, endpoints: new Map() };

/** Undefined for a message that says nothing: proxies pass over one without an update, or an `add` of no address. */
export function decodeStep({ update }: Update): Step | undefined {
  switch (update?.$case) {
    case 'add': {
      const endpoints = new Map(
        decodeEndpoints(update.value).map((endpoint) => [addressKey(endpoint.ip, endpoint.port), endpoint]),
      );
      return endpoints.size === 0 ? undefined : { kind: 'add', endpoints };
    }
    case 'remove': {
      const addresses = update.value.addrs.flatMap((address) => decodeAddress(address) ?? []);
      return { kind: 'remove', addresses: addresses.map(({ ip, port }) => addressKey(ip, port)) };
    }
    case 'noEndpoints':
      return { kind: 'none', exists: update.value.exists };
    case undefined:
      return undefined;
  }
}

/** The set after a step: an `add` inserts and replaces, a `remove` deletes what is there. */
export function applyStep(set: ToldSet, step: Step): ToldSet {
  switch (step.kind) {
    case 'add':
      return { exists: true, endpoints: new Map([...set.endpoints, ...step.endpoints]) };
    case 'remove': {
      const endpoints = new Map(set.endpoints);
      for (const address of step.addresses) endpoints.delete(address);
      return { exists: set.exists, endpoints };
    }
    case 'none':
      return { exists: step.exists, endpoints: new Map() };
  }
}

export function difference(before: ToldSet, after: ToldSet): Difference {
  const added: ToldEndpoint[] = [];
  const changed: { from: ToldEndpoint; to: ToldEndpoint }[] = [];
  for (const [address, to] of after.endpoints) {
    const from = before.endpoints.get(address);
    if (from === undefined) added.push(to);
    else if (!isDeepStrictEqual(from, to)) changed.push({ from, to });
  }
  const removed = [...before.endpoints]
    .filter(([address]) => !after.endpoints.has(address))
    .map(([, endpoint]) => endpoint);
  return {
    added: added.sort(byAddress),
    changed: changed.sort((a, b) => byAddress(a.to, b.to)),
    removed: removed.sort(byAddress),
  };
}

/** The endpoints in the order of addresses; servers send them in any. */
export function sortedEndpoints(set: ToldSet): readonly ToldEndpoint[] {
  return [...set.endpoints.values()].sort(byAddress);
}

/** Numbers within an address are compared as numbers: 10.0.0.9 comes before 10.0.0.10. */
const collator = new Intl.Collator('en', { numeric: true });

function byAddress(a: ToldEndpoint, b: ToldEndpoint): number {
  return collator.compare(a.ip, b.ip) || a.port - b.port;
}

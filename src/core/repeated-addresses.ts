import { type AddressKey, type Endpoint, endpointKey } from './endpoint.js';
import { type EndpointPart, eachDifference } from './endpoint-part.js';

/** Parts, ordered by their sources, and what follows from them. */
export interface PartsWithRepeats {
  readonly parts: readonly EndpointPart[];
  /** The addresses that several of the parts hold. */
  readonly repeated: ReadonlySet<AddressKey>;
}

/**
 * The addresses that several parts hold. Known of the parts before, only an address that enters is looked for: one that
 * stays where it was, or passes from one part to another, is repeated now if it was.
 */
export function repeatedIn(
  parts: readonly EndpointPart[],
  before: PartsWithRepeats | undefined,
): ReadonlySet<AddressKey> {
  if (before === undefined) return repeatedInAny(parts);
  const left = new Map<AddressKey, Endpoint>();
  const entered = new Map<AddressKey, Endpoint>();
  const suspects = new Map<AddressKey, Endpoint>();
  eachDifference(before.parts, parts, (was, is) => {
    if (was !== undefined && is !== undefined) return;
    if (was !== undefined) left.set(endpointKey(was), was);
    if (is === undefined) return;
    const key = endpointKey(is);
    if (entered.has(key)) suspects.set(key, is);
    entered.set(key, is);
  });
  for (const [key, endpoint] of entered) if (!left.has(key)) suspects.set(key, endpoint);
  if (before.repeated.size > 0) {
    for (const each of [left, entered]) {
      for (const [key, endpoint] of each) if (before.repeated.has(key)) suspects.set(key, endpoint);
    }
  }
  let repeated: Set<AddressKey> | undefined;
  for (const [key, endpoint] of suspects) {
    const isRepeated = isHeldTwice(parts, key, endpoint);
    if (isRepeated === before.repeated.has(key)) continue;
    repeated ??= new Set(before.repeated);
    if (isRepeated) repeated.add(key);
    else repeated.delete(key);
  }
  return repeated ?? before.repeated;
}

function repeatedInAny(parts: readonly EndpointPart[]): ReadonlySet<AddressKey> {
  if (parts.length < 2) return none;
  const held = new Set<AddressKey>();
  const repeated = new Set<AddressKey>();
  for (const { endpoints } of parts) {
    for (const endpoint of endpoints) {
      const key = endpointKey(endpoint);
      if (held.has(key)) repeated.add(key);
      else held.add(key);
    }
  }
  return repeated;
}

function isHeldTwice(parts: readonly EndpointPart[], key: AddressKey, sought: Endpoint): boolean {
  let holders = 0;
  for (const part of parts) {
    if (part.find(key, sought) !== undefined && ++holders === 2) return true;
  }
  return false;
}

const none: ReadonlySet<AddressKey> = new Set();

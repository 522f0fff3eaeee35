import { podId } from '../../core/ids.js';
import type { BackendPort, BackendTarget } from '../../mesh/rows.js';
import type { Interner } from './interner.js';
import { canonicalIp } from './ip.js';
import type { JsonNode, Problem } from './json-node.js';
import { isTcp } from './transport.js';

/**
 * The parts that EndpointSlices and Endpoints have in common. What can't be understood is left out, and says why in
 * `warnings`: one bad address must not hide the good ones beside it.
 */

/** A port of EndpointSlice `ports`, or of an Endpoints subset. Without a number, or not of TCP: none. */
export function decodePorts(list: JsonNode, interner: Interner, warnings: Problem[]): readonly BackendPort[] {
  const ports: BackendPort[] = [];
  for (const each of list.items()) {
    const node = each.apart();
    const name = interner.intern(node.get('name').string() ?? '');
    const port = node.get('port').port();
    const tcp = isTcp(node);
    warnings.push(...node.problems);
    if (tcp && port !== undefined && node.problems.length === 0) ports.push({ name, port });
  }
  return ports;
}

/** The canonical form of the address at `node`; undefined, and a problem noted, where it is none. */
export function decodeIp(node: JsonNode): string | undefined {
  const text = node.string();
  const ip = text === undefined ? undefined : canonicalIp(text);
  if (ip === undefined && (text !== undefined || !node.exists)) node.note('an IP address');
  return ip;
}

/** An `ObjectReference` to what stands behind an address. The namespace, where it names none, is the referrer's. */
export function decodeTarget(reference: JsonNode, namespace: string, interner: Interner): BackendTarget {
  if (!reference.exists) return addressOnly;
  const targetKind = reference.get('kind').requiredString();
  if (targetKind !== 'Pod') return { kind: 'Other', targetKind: interner.intern(targetKind) };
  return {
    kind: 'Pod',
    id: podId(reference.get('namespace').string() || namespace, reference.get('name').requiredString()),
    uid: reference.get('uid').string() || undefined,
  };
}

const addressOnly: BackendTarget = { kind: 'Address' };

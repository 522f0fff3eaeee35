import type { Direction, Target } from './observer.js';
import { shortAuthority } from '../discovery/authority.js';

/** Labels of a series, and what tells them from others. */
export interface LabelSet {
  /** The same for the same labels, in the whole process. */
  readonly id: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Gives equal labels one identity, so that a series is found by a short key. */
export class LabelSets {
  readonly #known = new Map<string, LabelSet>();
  #lastId = 0;

  intern(values: Readonly<Record<string, string>>): LabelSet {
    const key = JSON.stringify(values);
    let known = this.#known.get(key);
    if (known === undefined) {
      known = { id: ++this.#lastId, values };
      this.#known.set(key, known);
    }
    return known;
  }

  /** Forgets those that nothing refers to any more. */
  retain(isUsed: (id: number) => boolean): void {
    for (const [key, { id }] of this.#known) if (!isUsed(id)) this.#known.delete(key);
  }
}

/** The labels of traffic to a target, named as linkerd2-proxy names them. */
export function targetLabels(direction: Direction, target: Target): Readonly<Record<string, string>> {
  return {
    direction,
    ...(target.authority !== undefined && { authority: shortAuthority(target.authority) }),
    target_addr: target.address,
    target_ip: target.ip,
    target_port: String(target.port),
    ...noTls(direction),
    ...Object.fromEntries([...target.labels].map(([name, value]) => [`dst_${labelName(name)}`, value])),
  };
}

/** No connection of this proxy is secured; linkerd2-proxy's words for that. */
export function noTls(direction: Direction): Readonly<Record<string, string>> {
  const reason = direction === 'inbound' ? 'no_tls_from_remote' : 'not_provided_by_service_discovery';
  return { tls: 'no_identity', no_tls_reason: reason };
}

/** What Prometheus lets a label be called. */
function labelName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** A service's port, or everything that is no service, as metrics tell subjects apart. */
export interface Subject {
  readonly namespace: string;
  readonly service: string;
  /** A port that the service declares; empty for any other. */
  readonly port: string;
}

/** What no service stands behind: lookups by the address of a pod, or of nobody known. */
export const noSubject: Subject = { namespace: '', service: '', port: '' };

/** The streams about one subject, and what they have been told. Plain numbers: streams count in passing, scrapes read. */
export interface Audience extends Subject {
  readonly rpc: string;
  /** Streams that are open. */
  subscribers: number;
  /** States and changes of state sent, each to one stream. */
  updates: number;
  /** States that a stream was never told because it was still taking an earlier one when the next came. */
  conflations: number;
}

/** The audiences of one RPC: one for each subject that a stream is open about, and no others. */
export class Audiences implements Iterable<Audience> {
  readonly #rpc: string;
  readonly #audiences = new Map<string, Audience>();

  constructor(rpc: string) {
    this.#rpc = rpc;
  }

  [Symbol.iterator](): Iterator<Audience> {
    return this.#audiences.values();
  }

  /** A stream opens; to be followed by `leave`, once. */
  join(subject: Subject): Audience {
    const id = idOf(subject);
    let audience = this.#audiences.get(id);
    if (audience === undefined) {
      audience = { ...subject, rpc: this.#rpc, subscribers: 0, updates: 0, conflations: 0 };
      this.#audiences.set(id, audience);
    }
    audience.subscribers++;
    return audience;
  }

  leave(audience: Audience): void {
    audience.subscribers--;
    if (audience.subscribers === 0) this.#audiences.delete(idOf(audience));
  }
}

function idOf({ namespace, service, port }: Subject): string {
  return `${namespace}/${service}:${port}`;
}

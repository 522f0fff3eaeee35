import { ObserveRequest } from '../gen/io/linkerd/proxy/tap/tap.js';
import { encodeMessage } from '../wire/encode-message.js';
import { EventBudget } from './event-budget.js';
import { EventReader, type LabelsOf } from './event-reader.js';
import { Upstream, type UpstreamLimits, type UpstreamListener } from './upstream.js';

export interface UpstreamsOptions {
  readonly labelsOf: LabelsOf;
  /** The labels of a pod, by `namespace/name`. */
  readonly labelsOfPod: (pod: string) => ReadonlyMap<string, string>;
  /** Names, in lower case, of headers whose values are withheld. */
  readonly redacted: ReadonlySet<string>;
  /** Of all proxies together; each may send its share. */
  readonly maxEventsPerSecond: number;
  readonly random: () => number;
  readonly limits?: Partial<UpstreamLimits>;
}

/** A proxy to be asked. */
export interface Tappable {
  /** `namespace/name` of its pod. */
  readonly pod: string;
  /** `host:port` of its tap server. */
  readonly address: string;
}

/** The calls to proxies. All who want the same of the same proxy share one. */
export class Upstreams {
  readonly #options: UpstreamsOptions;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #budget: EventBudget;
  #requests = 0;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
    this.#budget = new EventBudget({
      maxEventsPerSecond: options.maxEventsPerSecond,
      upstreams: () => this.#upstreams.size,
      nowMs: () => performance.now(),
    });
  }

  get size(): number {
    return this.#upstreams.size;
  }

  /** Has `listener` told of what matches; the function returned ends that. */
  join(proxy: Tappable, request: ObserveRequest, listener: UpstreamListener): () => void {
    const asked = Buffer.from(encodeMessage(ObserveRequest, request)).toString('latin1');
    const key = `${proxy.pod}|${proxy.address}|${asked}`;
    let upstream = this.#upstreams.get(key);
    if (upstream === undefined) {
      upstream = this.#create(proxy, request);
      this.#upstreams.set(key, upstream);
    }
    const joined = upstream;
    joined.add(listener);
    return () => {
      joined.remove(listener);
      if (joined.listeners > 0 || this.#upstreams.get(key) !== joined) return;
      this.#upstreams.delete(key);
      joined.close();
    };
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#upstreams.clear();
  }

  #create({ pod, address }: Tappable, request: ObserveRequest): Upstream {
    const { labelsOf, labelsOfPod, redacted, random, limits } = this.#options;
    const nextRequest = (): number => ++this.#requests;
    const reader = new EventReader({
      pod,
      labelsOf,
      ownLabels: () => labelsOfPod(pod),
      redacted,
      nextRequest,
    });
    return new Upstream({ address, request, reader, meter: this.#budget.meter(), random, limits });
  }
}

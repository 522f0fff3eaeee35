/** What clients do, in the API server's own words. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Which requests to count; what is left out may be anything. */
export interface TrafficFilter {
  readonly verb?: Verb;
  /** `pods`, or `pods/status` for a subresource; empty for requests that are about no resource, such as discovery. */
  readonly plural?: string;
  readonly code?: number;
}

/** How many requests were answered, for tests to read. */
export class Traffic {
  readonly #counts = new Map<string, { readonly filter: Required<TrafficFilter>; count: number }>();

  record(request: Required<TrafficFilter>): void {
    const key = `${request.verb} ${request.plural} ${request.code}`;
    const known = this.#counts.get(key);
    if (known) known.count += 1;
    else this.#counts.set(key, { filter: request, count: 1 });
  }

  /** A watch counts when it opens. */
  requests(filter: TrafficFilter = {}): number {
    let sum = 0;
    for (const { filter: counted, count } of this.#counts.values()) {
      const matches =
        (filter.verb === undefined || filter.verb === counted.verb) &&
        (filter.plural === undefined || filter.plural === counted.plural) &&
        (filter.code === undefined || filter.code === counted.code);
      if (matches) sum += count;
    }
    return sum;
  }
}

import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import { JsonNode } from './decode/json-node.js';
import { ListSplitter } from './list-splitter.js';
import { acceptHeaders, type Collection } from './resource.js';
import { TurnBudget } from './turn-budget.js';

/**
 * How fresh a list must be.
 *
 * `latest` asks for the most recent state, which the server establishes with etcd (or, since Kubernetes 1.31, with a
 * cache that it has checked against etcd). It can't be older than anything seen, and it is what a first list needs.
 *
 * `not-older` asks for a state that is at least as new as a known version. The server may answer it from its cache,
 * so that replicas which all relist at once don't all go to etcd, and refuses it where it has fallen behind (504),
 * which a mere `latest` can't notice on an etcd restored from an older backup. `resourceVersionMatch` must be named:
 * without it a limited list from a version means *exactly* that version, which after a 410 is the one the server no
 * longer has. Pages after the first come from the version of the first, whatever the freshness; `continue` implies
 * it, and the server refuses the other two parameters beside it.
 *
 * See https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list.
 */
export type Freshness =
  | { readonly kind: 'latest' }
  | { readonly kind: 'not-older'; readonly resourceVersion: string };

export interface ListOptions {
  readonly client: ApiClient;
  readonly collection: Collection;
  readonly freshness: Freshness;
  /** Objects a page. A server may send more. */
  readonly pageSize: number;
  readonly maxObjectBytes: number;
  readonly signal: AbortSignal;
  /** Called with each raw object, as it arrives. */
  readonly onObject: (raw: unknown) => void;
}

/**
 * Reads all pages of a list and resolves to its resource version, from which a watch continues without a gap. Throws
 * an `ApiError`; then the objects handed out so far don't make up a state of anything.
 */
export async function list(options: ListOptions): Promise<string> {
  const { freshness, pageSize } = options;
  const first =
    freshness.kind === 'latest'
      ? {}
      : { resourceVersion: freshness.resourceVersion, resourceVersionMatch: 'NotOlderThan' };
  let page = await readPage(options, { limit: String(pageSize), ...first });
  while (page.next !== '') {
    page = await readPage(options, { limit: String(pageSize), continue: page.next });
  }
  return page.resourceVersion;
}

interface Page {
  readonly resourceVersion: string;
  /** The token of the page after it; empty on the last. */
  readonly next: string;
}

async function readPage(options: ListOptions, query: Readonly<Record<string, string>>): Promise<Page> {
  const { client, collection, signal, maxObjectBytes, onObject } = options;
  const body = await client.open({
    path: collection.path,
    query: { ...collection.query, ...query },
    accept: acceptHeaders(collection).list,
    signal,
  });
  const splitter = new ListSplitter({ maxItemBytes: maxObjectBytes });
  const budget = new TurnBudget();
  for await (const chunk of body) {
    budget.start();
    const items = splitter.push(chunk);
    if (items === undefined) throw malformed(`an object of the list exceeds ${maxObjectBytes} bytes`);
    for (const item of items) onObject(parse(item));
    await budget.stop();
  }

  const metadata = JsonNode.root(parse(splitter.end())).get('metadata');
  const resourceVersion = metadata.get('resourceVersion').requiredString();
  const next = metadata.get('continue').string() ?? '';
  const [problem] = metadata.problems;
  if (problem !== undefined) {
    throw malformed(`${problem.field} of the list is ${problem.value}, not ${problem.expected}`);
  }
  return { resourceVersion, next };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError({ kind: 'malformed' }, 'the list is not JSON', { cause: error });
  }
}

function malformed(message: string): ApiError {
  return new ApiError({ kind: 'malformed' }, message);
}

import type { ResourceSelection } from '../core/resource.js';
import {
  type HttpMethod,
  HttpMethod_Registered,
  type Scheme,
  Scheme_Registered,
} from '../gen/io/linkerd/proxy/http_types/http_types.js';
import type {
  ObserveRequest,
  ObserveRequest_Match,
  ObserveRequest_Match_Http,
} from '../gen/io/linkerd/proxy/tap/tap.js';
import { ownerLabel } from '../wire/workload-labels.js';
import type { TapQuery } from './tap-query.js';

/**
 * The most that a proxy can be asked for. It ends a call when it has told of as many requests as its limit and all of
 * them are over, so with a small one it would tell of nothing new while a few of them take long.
 */
const limit = 2 ** 32 - 1;

/** What to ask of the proxies: all that they can look at themselves. */
export function toObserveRequest(query: TapQuery): ObserveRequest {
  const { match, withHeaders, filter } = query;
  const needsHeaders = withHeaders || filter.headers.length > 0;
  const matches = [...destinationMatches(query), ...httpMatches(match)];
  return {
    limit,
    match: { match: { $case: 'all', value: { matches } } },
    extract: needsHeaders
      ? { extract: { $case: 'http', value: { extract: { $case: 'headers', value: {} } } } }
      : undefined,
  };
}

/** Only an outbound proxy knows where a request goes; an inbound one has no such labels, so nothing of it matches. */
function destinationMatches({ target, edge }: TapQuery): ObserveRequest_Match[] {
  switch (edge.kind) {
    case 'none':
      return [];
    case 'to':
      return selectionMatches(edge.other);
    case 'from':
      return selectionMatches(target);
  }
}

function selectionMatches({ kind, namespace, name }: ResourceSelection): ObserveRequest_Match[] {
  if (kind === 'Authority') {
    return name === undefined ? [] : [http({ match: { $case: 'authority', value: exactly(name) } })];
  }
  if (kind === 'Namespace') return name === undefined ? [] : [label('namespace', name)];
  return [
    ...(namespace === undefined ? [] : [label('namespace', namespace)]),
    ...(name === undefined ? [] : [label(ownerLabel(kind), name)]),
  ];
}

function httpMatches({ method, scheme, authority, pathPrefix }: TapQuery['match']): ObserveRequest_Match[] {
  return [
    ...(method === '' ? [] : [http({ match: { $case: 'method', value: toMethod(method) } })]),
    ...(scheme === '' ? [] : [http({ match: { $case: 'scheme', value: toScheme(scheme) } })]),
    ...(authority === '' ? [] : [http({ match: { $case: 'authority', value: exactly(authority) } })]),
    ...(pathPrefix === ''
      ? []
      : [http({ match: { $case: 'path', value: { match: { $case: 'prefix', value: pathPrefix } } } })]),
  ];
}

function exactly(text: string) {
  return { match: { $case: 'exact', value: text } } as const;
}

function label(key: string, value: string): ObserveRequest_Match {
  return { match: { $case: 'destinationLabel', value: { key, value } } };
}

function http(value: ObserveRequest_Match_Http): ObserveRequest_Match {
  return { match: { $case: 'http', value } };
}

const methods: ReadonlyMap<string, HttpMethod_Registered> = new Map(
  Object.entries(HttpMethod_Registered).filter(([, number]) => number >= 0),
);

function toMethod(name: string): HttpMethod {
  const value = methods.get(name);
  if (value === undefined) return { type: { $case: 'unregistered', value: name } };
  return { type: { $case: 'registered', value } };
}

function toScheme(name: string): Scheme {
  switch (name) {
    case 'http':
      return { type: { $case: 'registered', value: Scheme_Registered.HTTP } };
    case 'https':
      return { type: { $case: 'registered', value: Scheme_Registered.HTTPS } };
    default:
      return { type: { $case: 'unregistered', value: name } };
  }
}

import type { Catalog } from '../store/catalog.js';
import type { ResourceType, Subresource } from '../store/resource.js';
import { type ReviewKind, reviewKindOf } from './review.js';
import type { Verb } from './traffic.js';

/** What a path stands for. */
export type Route =
  | { readonly kind: 'health' }
  | { readonly kind: 'version' }
  /** `/api` and `/apis`. */
  | { readonly kind: 'groups'; readonly root: 'api' | 'apis' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'resources'; readonly group: string; readonly version: string }
  | { readonly kind: 'openapi' }
  | { readonly kind: 'openapi-group'; readonly group: string; readonly version: string }
  | { readonly kind: 'review'; readonly review: ReviewKind }
  | {
      readonly kind: 'collection';
      readonly type: ResourceType;
      /** Undefined: of the whole cluster. */
      readonly namespace: string | undefined;
    }
  | {
      readonly kind: 'object';
      readonly type: ResourceType;
      readonly namespace: string | undefined;
      readonly name: string;
      readonly subresource: Subresource | undefined;
    }
  | {
      readonly kind: 'log';
      readonly pods: ResourceType;
      readonly namespace: string | undefined;
      readonly name: string;
    }
  /** A token is asked for of a service account. */
  | { readonly kind: 'token'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'unknown' };

/** Resolves a path, without its query. */
export function resolveRoute(catalog: Catalog, path: string): Route {
  const segments = decodeSegments(path);
  const [first, second, third, ...rest] = segments ?? [];
  switch (first ?? '') {
    case 'healthz':
    case 'livez':
    case 'readyz':
      return { kind: 'health' };
    case 'version':
      return segments?.length === 1 ? { kind: 'version' } : { kind: 'unknown' };
    case 'openapi':
      return openapiRoute(segments ?? []);
    case 'api':
      if (second === undefined) return { kind: 'groups', root: 'api' };
      return resourceRoute(catalog, '', second, third === undefined ? [] : [third, ...rest]);
    case 'apis':
      if (second === undefined) return { kind: 'groups', root: 'apis' };
      if (third === undefined) return { kind: 'group', group: second };
      return resourceRoute(catalog, second, third, rest);
    default:
      return { kind: 'unknown' };
  }
}

/** What a method does at a route; undefined where it isn't allowed there. */
export function verbOf(route: Route, method: string, query: URLSearchParams): Verb | undefined {
  const verbs = verbsAt(route);
  const verb =
    method === 'GET' && verbs.includes('list') && isWatch(query)
      ? 'watch'
      : verbs.find((one) => methodOf(one) === method);
  return verb !== undefined && verbs.includes(verb) ? verb : undefined;
}

/** `pods`, `pods/status`, or nothing for a route that is about no resource. */
export function pluralOf(route: Route): string {
  if (route.kind === 'review') return route.review;
  if (route.kind === 'log') return 'pods/log';
  if (route.kind === 'token') return 'serviceaccounts/token';
  if (route.kind !== 'collection' && route.kind !== 'object') return '';
  const subresource = route.kind === 'object' ? route.subresource : undefined;
  return subresource === undefined ? route.type.plural : `${route.type.plural}/${subresource}`;
}

function verbsAt(route: Route): readonly Verb[] {
  switch (route.kind) {
    case 'collection':
      // Without a namespace, objects of one can only be looked at.
      return route.type.namespaced && route.namespace === undefined
        ? ['list', 'watch']
        : ['list', 'watch', 'create', 'deletecollection'];
    case 'object':
      return route.subresource === undefined
        ? ['get', 'update', 'patch', 'delete']
        : ['get', 'update', 'patch'];
    case 'review':
    case 'token':
      return ['create'];
    case 'health':
    case 'version':
    case 'groups':
    case 'group':
    case 'resources':
    case 'openapi':
    case 'openapi-group':
    case 'log':
    case 'unknown':
      return ['get'];
  }
}

function methodOf(verb: Verb): string {
  switch (verb) {
    case 'get':
    case 'list':
    case 'watch':
      return 'GET';
    case 'create':
      return 'POST';
    case 'update':
      return 'PUT';
    case 'patch':
      return 'PATCH';
    case 'delete':
    case 'deletecollection':
      return 'DELETE';
  }
}

function isWatch(query: URLSearchParams): boolean {
  const watch = query.get('watch');
  return watch === 'true' || watch === '1';
}

function decodeSegments(path: string): readonly string[] | undefined {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function openapiRoute([, version, root, ...rest]: readonly string[]): Route {
  if (version !== 'v3') return { kind: 'unknown' };
  if (root === undefined) return { kind: 'openapi' };
  const [first, second] = rest;
  if (root === 'api' && first !== undefined && rest.length === 1) {
    return { kind: 'openapi-group', group: '', version: first };
  }
  if (root === 'apis' && first !== undefined && second !== undefined && rest.length === 2) {
    return { kind: 'openapi-group', group: first, version: second };
  }
  return { kind: 'unknown' };
}

function resourceRoute(catalog: Catalog, group: string, version: string, path: readonly string[]): Route {
  if (path.length === 0) return { kind: 'resources', group, version };
  const review = path.length === 1 ? reviewKindOf(group, version, path[0] ?? '') : undefined;
  if (review) return { kind: 'review', review };
  const [head, namespace, plural, ...rest] = path;
  // `namespaces/web/status` is about the namespace, `namespaces/web/pods` about what is in it.
  const within =
    head === 'namespaces' && plural !== undefined ? catalog.find(group, version, plural) : undefined;
  if (within) return within.namespaced ? typeRoute(within, namespace, rest) : { kind: 'unknown' };
  const type = catalog.find(group, version, head ?? '');
  if (!type || (type.namespaced && path.length > 1)) return { kind: 'unknown' };
  return typeRoute(type, undefined, path.slice(1));
}

function typeRoute(type: ResourceType, namespace: string | undefined, path: readonly string[]): Route {
  const [name, sub, ...rest] = path;
  if (name === undefined) return { kind: 'collection', type, namespace };
  if (sub === undefined) return { kind: 'object', type, namespace, name, subresource: undefined };
  if (type.group === '' && type.plural === 'pods' && sub === 'log' && rest.length === 0) {
    return { kind: 'log', pods: type, namespace, name };
  }
  if (
    type.group === '' &&
    type.plural === 'serviceaccounts' &&
    namespace !== undefined &&
    sub === 'token' &&
    rest.length === 0
  ) {
    return { kind: 'token', namespace, name };
  }
  const subresource = type.subresources.find((one) => one === sub);
  if (!subresource || rest.length > 0) return { kind: 'unknown' };
  return { kind: 'object', type, namespace, name, subresource };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../runtime/log.js';
import type { ServiceAccountTokens } from '../access/service-account-tokens.js';
import type { ContainerSource } from '../containers/pod-runtime.js';
import type { Catalog } from '../store/catalog.js';
import { type Status, failure } from '../store/status.js';
import type { Store } from '../store/store.js';
import { type Body, bodyTooLarge, parseObjectBody, readBody } from './body.js';
import { aggregatedDiscovery, coreVersions, groupDocument, groupList, resourceList } from './discovery.js';
import { isCrossSite } from './cross-site.js';
import { Encoding } from './encoding.js';
import type { Faults } from './faults.js';
import type { LineFaults } from './line-faults.js';
import { listObjects } from './list.js';
import { streamLog } from './log-stream.js';
import { type Negotiated, negotiate, parseMediaTypes } from './media-type.js';
import {
  type ObjectRequest,
  createObject,
  deleteCollection,
  deleteObject,
  getObject,
  patchObject,
  replaceObject,
} from './objects.js';
import { openapiDocument, openapiIndex } from './openapi.js';
import { planLog } from './pod-log.js';
import { type Reply, jsonReply, statusReply } from './reply.js';
import { respond } from './respond.js';
import { type Authorizer, answerReview } from './review.js';
import { type Route, pluralOf, resolveRoute, verbOf } from './route.js';
import { parseSelection } from './selection.js';
import { answerTokenRequest } from './token-request.js';
import type { Traffic, Verb } from './traffic.js';
import { planWatch } from './watch.js';
import { WatchStream } from './watch-stream.js';

export interface ServiceOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly log: Logger;
  readonly clock: () => Date;
  readonly authorizer: Authorizer;
  readonly tokens: ServiceAccountTokens;
  /** Where the logs of containers are. */
  readonly containers: ContainerSource;
  readonly faults: Faults;
  readonly lineFaults: LineFaults;
  readonly traffic: Traffic;
  /** Open watches are kept here. */
  readonly watches: Set<WatchStream>;
  readonly bookmarkIntervalMs: number;
  readonly maxPendingChanges: number;
  readonly watchList: boolean;
}

interface Request {
  readonly route: Route;
  readonly verb: Verb;
  readonly query: URLSearchParams;
  readonly body: Body;
  readonly accept: string | undefined;
  readonly bearer: string;
  readonly negotiated: Negotiated;
}

/** Answers requests: finds out what each is about, and hands it to the module for that. */
export class Service {
  readonly #options: ServiceOptions;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Rejects where the connection breaks, or where there is a bug. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { catalog, faults, traffic, log } = this.#options;
    const body = await readBody(request);
    const [path = '', queryText = ''] = splitOnce(request.url ?? '/', '?');
    const query = new URLSearchParams(queryText);
    const route = resolveRoute(catalog, path);
    const verb = verbOf(route, request.method ?? '', query);
    const plural = pluralOf(route);
    const intervention = await faults.intervene(verb ?? 'get', plural);
    const { accept, origin, host } = request.headers;
    const negotiated = negotiate(accept, { includeObject: query.get('includeObject') });
    const bearer = (request.headers.authorization ?? '').replace(/^Bearer +/i, '');
    const reply =
      intervention.kind === 'fail'
        ? statusReply(intervention.status)
        : isCrossSite({ host, origin, localAddress: request.socket.localAddress })
          ? statusReply(crossSite)
          : this.#reply({ route, verb, query, body, accept, bearer, negotiated });
    if (response.destroyed) return;
    const code = reply.kind === 'text' ? reply.code : 200;
    traffic.record({ verb: verb ?? 'get', plural, code });
    log.debug({ method: request.method, url: request.url, code }, 'request');
    if (reply.kind === 'watch') this.#watch(reply, response);
    else if (reply.kind === 'log') streamLog(reply.plan, response);
    else await respond(response, reply, negotiated?.format ?? 'json');
  }

  #reply(
    request: Omit<Request, 'verb' | 'body' | 'negotiated'> & {
      readonly verb: Verb | undefined;
      readonly body: Body | undefined;
      readonly negotiated: Negotiated | undefined;
    },
  ): Reply {
    const { route, verb, body, negotiated } = request;
    if (route.kind === 'unknown') return statusReply(unknownPath);
    if (verb === undefined) return statusReply(methodNotAllowed);
    if (body === undefined) return statusReply(bodyTooLarge);
    if (!negotiated && route.kind !== 'groups') return statusReply(notAcceptable);
    return this.#dispatch({
      ...request,
      verb,
      body,
      negotiated: negotiated ?? { representation: { kind: 'whole' }, format: 'json' },
    });
  }

  #dispatch(request: Request): Reply {
    const { catalog, authorizer } = this.#options;
    const { route } = request;
    switch (route.kind) {
      case 'health':
        return { kind: 'text', code: 200, contentType: 'text/plain; charset=utf-8', text: 'ok' };
      case 'version':
        return jsonReply(200, JSON.stringify(versionInfo));
      case 'groups':
        return this.#groups(route.root, request.accept);
      case 'group':
        return documentReply(groupDocument(catalog, route.group));
      case 'resources':
        return documentReply(resourceList(catalog, route.group, route.version));
      case 'openapi':
        return documentReply(openapiIndex(catalog));
      case 'openapi-group':
        return documentReply(openapiDocument(catalog, route.group, route.version));
      case 'review': {
        const parsed = parseObjectBody(request.body);
        if (!parsed.ok) return statusReply(parsed.status);
        const answer = answerReview(authorizer, route.review, parsed.value, request.bearer);
        return jsonReply(201, JSON.stringify(answer));
      }
      case 'token': {
        const { tokens, clock } = this.#options;
        const parsed = parseObjectBody(request.body);
        if (!parsed.ok) return statusReply(parsed.status);
        return answerTokenRequest({ ...route, tokens, body: parsed.value, now: clock() });
      }
      case 'collection':
        return this.#collection(route, request);
      case 'object':
        return this.#object(route, request);
      case 'log':
        return this.#log(route, request);
      case 'unknown':
        return statusReply(unknownPath);
    }
  }

  #groups(root: 'api' | 'apis', accept: string | undefined): Reply {
    const { catalog } = this.#options;
    const aggregated = parseMediaTypes(accept ?? '').some(
      ({ name, parameters }) =>
        name === 'application/json' &&
        parameters.get('g') === 'apidiscovery.k8s.io' &&
        parameters.get('v') === 'v2' &&
        parameters.get('as') === 'APIGroupDiscoveryList',
    );
    if (!aggregated) return documentReply(root === 'api' ? coreVersions(catalog) : groupList(catalog));
    return {
      kind: 'text',
      code: 200,
      contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      text: JSON.stringify(aggregatedDiscovery(catalog, root)),
    };
  }

  #collection(route: Extract<Route, { kind: 'collection' }>, request: Request): Reply {
    const { store, faults, watchList } = this.#options;
    const { type, namespace } = route;
    const { verb, query } = request;
    const objectRequest = this.#objectRequest({ ...route, name: '', subresource: undefined }, request);
    const { encoding } = objectRequest;
    if (verb === 'create') return createObject(objectRequest);
    const parsed = parseSelection(type, namespace, query);
    if (!parsed.ok) return statusReply(parsed.status);
    const selection = parsed.value;
    if (verb === 'deletecollection') return deleteCollection(objectRequest, selection);
    if (verb === 'watch') {
      const planned = planWatch({ type, selection, encoding, query, watchList });
      return planned.ok ? { kind: 'watch', plan: planned.value } : statusReply(planned.status);
    }
    const staleVersion = faults.takeStaleVersion(type.plural);
    const listed = listObjects({ store, type, selection, query, staleVersion });
    if (!listed.ok) return statusReply(listed.status);
    return { kind: 'parts', parts: encoding.list(listed.value.meta, listed.value.objects) };
  }

  #object(route: Extract<Route, { kind: 'object' }>, request: Request): Reply {
    const objectRequest = this.#objectRequest(route, request);
    if (request.verb === 'update') return replaceObject(objectRequest);
    if (request.verb === 'patch') return patchObject(objectRequest);
    if (request.verb === 'delete') return deleteObject(objectRequest);
    return getObject(objectRequest);
  }

  #log(route: Extract<Route, { kind: 'log' }>, { query }: Request): Reply {
    const { store, containers, clock } = this.#options;
    const planned = planLog({ ...route, store, containers, query, nowMs: clock().getTime() });
    return planned.ok ? { kind: 'log', plan: planned.value } : statusReply(planned.status);
  }

  #objectRequest(
    route: Pick<ObjectRequest, 'type' | 'namespace' | 'name' | 'subresource'>,
    { query, body, negotiated }: Request,
  ): ObjectRequest {
    const { store, clock } = this.#options;
    const { type, namespace, name, subresource } = route;
    const encoding = new Encoding(type, negotiated.representation, clock);
    return { store, type, namespace, name, subresource, query, body, encoding };
  }

  #watch({ plan }: Extract<Reply, { kind: 'watch' }>, response: ServerResponse): void {
    const { store, lineFaults, watches, bookmarkIntervalMs, maxPendingChanges } = this.#options;
    const stream = new WatchStream({
      store,
      plan,
      response,
      lineFaults,
      bookmarkIntervalMs,
      maxPendingChanges,
      onClose: (closed) => watches.delete(closed),
    });
    watches.add(stream);
    stream.start();
  }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function documentReply(document: unknown): Reply {
  return document === undefined ? statusReply(unknownPath) : jsonReply(200, JSON.stringify(document));
}

const unknownPath: Status = failure({
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
  details: {},
});

const methodNotAllowed: Status = failure({
  code: 405,
  reason: 'MethodNotAllowed',
  message: 'the server does not allow this method on the requested resource',
  details: {},
});

const crossSite: Status = failure({
  code: 403,
  reason: 'Forbidden',
  message: 'requests that a web page makes to another site are refused',
});

const notAcceptable: Status = failure({
  code: 406,
  reason: 'NotAcceptable',
  message: 'only the following media types are accepted: application/json, application/yaml',
});

/** The version of Kubernetes whose API this follows. */
const versionInfo = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+conduit-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: 'linux/amd64',
};

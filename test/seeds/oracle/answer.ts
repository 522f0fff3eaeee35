import { type EndpointsAnswer, expectedEndpoints } from './endpoints.js';
import { type Cluster, find, type Request, type Settings } from './objects.js';
import { expectedProfile, type ProfileAnswer } from './profile.js';
import { type Authority, readAuthority, readToken } from './text.js';

/** What a client is to know, or why its call is refused. */
export type Answer =
  | { readonly kind: 'refused'; readonly code: 'INVALID_ARGUMENT' | 'NOT_FOUND' }
  | ({ readonly kind: 'endpoints' } & EndpointsAnswer)
  | ({ readonly kind: 'profile' } & ProfileAnswer);

/**
 * What a client that asks has to be told, given everything there is in the cluster: the plain way, from nothing, each time.
 * It is written from the contract, without a look at the program, and shares no code with it.
 */
export function expectedAnswer(cluster: Cluster, settings: Settings, request: Request): Answer {
  return refusal(cluster, settings, request) ?? expectedState(cluster, settings, request);
}

/** The same for a client that is being served already: what was there may be gone, and come back. */
export function expectedState(cluster: Cluster, settings: Settings, request: Request): Answer {
  const asked = readAuthority(request.authority, settings.clusterDomain);
  const { node, namespace: clientNamespace } = readToken(request.contextToken);
  if (asked === undefined) return { kind: 'refused', code: 'INVALID_ARGUMENT' };
  if (request.rpc === 'GetProfile') {
    return { kind: 'profile', ...expectedProfile(cluster, settings, asked, clientNamespace) };
  }
  if (asked.kind === 'address') return { kind: 'refused', code: 'INVALID_ARGUMENT' };
  return { kind: 'endpoints', ...expectedEndpoints(cluster, settings, { ...asked, node }) };
}

/** Only what can never be answered is an invalid argument; what isn't there isn't found. */
function refusal(cluster: Cluster, settings: Settings, request: Request): Answer | undefined {
  const asked = readAuthority(request.authority, settings.clusterDomain);
  if (asked === undefined) return { kind: 'refused', code: 'INVALID_ARGUMENT' };
  if (asked.kind === 'address') {
    return request.rpc === 'Get' ? { kind: 'refused', code: 'INVALID_ARGUMENT' } : undefined;
  }
  const service = find(cluster.services, asked.namespace, asked.service);
  if (service === undefined) return { kind: 'refused', code: 'NOT_FOUND' };
  if (service.spec.type === 'ExternalName') return { kind: 'refused', code: 'INVALID_ARGUMENT' };
  return isMissingInstance(cluster, settings, request, asked)
    ? { kind: 'refused', code: 'NOT_FOUND' }
    : undefined;
}

function isMissingInstance(
  cluster: Cluster,
  settings: Settings,
  { rpc }: Request,
  asked: Authority & { readonly kind: 'name' },
): boolean {
  if (rpc === 'Get' || asked.instance === undefined) return false;
  return expectedProfile(cluster, settings, asked, undefined).endpoint === undefined;
}

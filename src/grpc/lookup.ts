import { status } from '@grpc/grpc-js';
import { type Authority, parseAuthority, type ServiceAuthority } from '../core/authority.js';
import { parseContextToken } from '../core/context-token.js';
import type { Profile } from '../core/profile.js';
import type { ClientEndpointsKey } from '../mesh/client-endpoints.js';
import type { ClientProfileKey } from '../mesh/client-profiles.js';
import type { Mesh } from '../mesh/mesh.js';
import { StatusError } from './status.js';

/** What is asked about, and as which client. */
export interface Question {
  readonly authority: string;
  /** See core/context-token.ts. */
  readonly contextToken: string;
}

export interface LookupOptions {
  readonly mesh: Mesh;
  /** The suffix of every service's DNS name: `cluster.local`. */
  readonly clusterDomain: string;
}

/** The endpoints that are asked for. Throws the StatusError that such a call ends with where there can be none. */
export function lookUpEndpoints(
  { authority: text, contextToken }: Question,
  { mesh, clusterDomain }: LookupOptions,
): ClientEndpointsKey {
  const authority = parse(text, clusterDomain);
  if (authority.kind === 'address') {
    throw new StatusError(
      status.INVALID_ARGUMENT,
      `IP queries not supported by Get API: host=${authority.ip}`,
    );
  }
  requireService(authority, text, mesh);
  const { service, port, hostname } = authority;
  return { service, port, hostname, node: parseContextToken(contextToken).nodeName };
}

/** The profile that is asked for. Throws the StatusError that such a call ends with where there can be none. */
export function lookUpProfile(
  { authority: text, contextToken }: Question,
  { mesh, clusterDomain }: LookupOptions,
): ClientProfileKey {
  const destination = parse(text, clusterDomain);
  const key = { destination, clientNamespace: parseContextToken(contextToken).namespace };
  if (destination.kind === 'service') {
    requireService(destination, text, mesh);
    if (destination.hostname !== undefined) requireInstance(destination, mesh.clientProfiles.read(key));
  }
  return key;
}

function parse(text: string, clusterDomain: string): Authority {
  const parsed = parseAuthority(text, clusterDomain);
  if (!parsed.ok) throw new StatusError(status.INVALID_ARGUMENT, parsed.problem);
  return parsed.value;
}

/** Ends the call where there is no such service, or none that could ever be resolved. */
function requireService({ service: id, name, namespace }: ServiceAuthority, text: string, mesh: Mesh): void {
  const service = mesh.tables.services.get(id);
  if (service === undefined) {
    throw new StatusError(status.NOT_FOUND, `Service ${name}.${namespace} not found`);
  }
  if (service.type === 'ExternalName') {
    throw new StatusError(
      status.INVALID_ARGUMENT,
      `Invalid authority: ${text}: an ExternalName service has no endpoints`,
    );
  }
}

function requireInstance({ hostname, name, namespace }: ServiceAuthority, profile: Profile): void {
  if (profile.kind !== 'none') return;
  throw new StatusError(status.NOT_FOUND, `Service ${name}.${namespace} has no instance ${hostname}`);
}

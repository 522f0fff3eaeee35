import { status } from '@grpc/grpc-js';
import { parseAuthority, type ServiceAuthority } from '../core/authority.js';
import { parseContextToken } from '../core/context-token.js';
import type { EndpointSet } from '../core/endpoint-set.js';
import {
  type DestinationServer,
  DestinationService,
  type GetDestination,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Mesh } from '../mesh/mesh.js';
import { encodeDelta, encodeSnapshot } from '../wire/update.js';
import { openCallOf } from './open-call.js';
import { pump } from './pump.js';
import type { GrpcService } from './service.js';
import { SharedEncoding } from './shared-encoding.js';
import { StatusError } from './status.js';

export interface DestinationOptions {
  readonly mesh: Mesh;
  /** The suffix of every service's DNS name: `cluster.local`. */
  readonly clusterDomain: string;
}

/** What the service has done since its start. */
export interface DestinationStats {
  /** Snapshots and deltas encoded, however many streams each was sent to. */
  readonly encodings: number;
}

/** `io.linkerd.proxy.destination.Destination`; its order of messages and its errors stand beside it in proto/. */
export function createDestinationService({ mesh, clusterDomain }: DestinationOptions): {
  readonly service: GrpcService;
  readonly stats: () => DestinationStats;
} {
  const encoding = new SharedEncoding<EndpointSet>({ snapshot: encodeSnapshot, delta: encodeDelta });

  const get: DestinationServer['get'] = (call) => {
    const { service, port, hostname } = resolveService(call.request, mesh, clusterDomain);
    const { nodeName: node } = parseContextToken(call.request.contextToken);
    const key = { service, port, hostname, node };
    pump({ call: openCallOf(call), view: mesh.clientEndpoints, key, encoding });
  };

  const getProfile: DestinationServer['getProfile'] = () => {
    throw new StatusError(status.UNIMPLEMENTED, 'GetProfile is not served by this version');
  };

  return {
    service: { definition: DestinationService, implementation: { get, getProfile } },
    stats: () => ({ encodings: encoding.encodings }),
  };
}

/** The service that a Get asks for, or the status that ends the call. */
function resolveService({ path }: GetDestination, mesh: Mesh, clusterDomain: string): ServiceAuthority {
  const parsed = parseAuthority(path, clusterDomain);
  if (!parsed.ok) throw new StatusError(status.INVALID_ARGUMENT, parsed.problem);
  const authority = parsed.value;
  if (authority.kind === 'address') {
    throw new StatusError(
      status.INVALID_ARGUMENT,
      `IP queries not supported by Get API: host=${authority.ip}`,
    );
  }
  const service = mesh.tables.services.get(authority.service);
  if (service === undefined) {
    throw new StatusError(status.NOT_FOUND, `Service ${authority.name}.${authority.namespace} not found`);
  }
  if (service.type === 'ExternalName') {
    throw new StatusError(
      status.INVALID_ARGUMENT,
      `Invalid authority: ${path}: an ExternalName service has no endpoints`,
    );
  }
  return authority;
}

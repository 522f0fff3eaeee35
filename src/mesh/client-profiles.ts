import type { ServiceAuthority } from '../core/authority.js';
import { type ServiceId, type ServiceProfileId, serviceProfileId } from '../core/ids.js';
import { noProfile, type Profile } from '../core/profile.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { AddressDestinations } from './address-destinations.js';
import type { Backend, BackendTarget, ServiceRow } from './rows.js';
import { dnsName, type ServiceDestinations } from './service-destinations.js';
import type { MeshTables } from './tables.js';

/** What a client asks for, and as who. */
export interface ClientProfileKey {
  readonly destination: ProfileDestination;
  /** The client's namespace, whose own ServiceProfile for a service goes before the service's. */
  readonly clientNamespace: string | undefined;
}

export type ProfileDestination =
  | Pick<ServiceAuthority & { readonly kind: 'service' }, 'kind' | 'service' | 'hostname' | 'port'>
  | { readonly kind: 'address'; readonly ip: string; readonly port: number };

export type ClientProfiles = View<ClientProfileKey, Profile>;

/**
 * How a client is to treat the traffic for what it asks about. It only chooses: the same name or address is a service, or
 * an endpoint, or nothing, as the cluster has it at the time, and clients of all namespaces share what they are told.
 */
export function createClientProfiles(
  engine: Engine,
  tables: MeshTables,
  services: ServiceDestinations,
  addresses: AddressDestinations,
  { clusterDomain }: { readonly clusterDomain: string },
): ClientProfiles {
  return new View<ClientProfileKey, Profile>(engine, {
    name: 'client_profiles',
    id: clientProfileId,
    derive(read, { destination, clientNamespace }) {
      const { port } = destination;
      const standsFor = resolve(read, tables, destination);
      switch (standsFor.kind) {
        case 'service': {
          const { service } = standsFor;
          const { profile } = chooseServiceProfile(read, tables, { service, clientNamespace, clusterDomain });
          return read.view(services, { service: service.id, port, profile });
        }
        case 'address':
          return read.view(addresses, { ip: standsFor.ip, port, target: standsFor.instance?.target });
        case 'service-missing':
        case 'instance-missing':
          return noProfile;
      }
    },
  });
}

/** What a destination is at the time. */
export type Resolved =
  | { readonly kind: 'service'; readonly service: ServiceRow; readonly by: 'name' | 'cluster-ip' }
  | { readonly kind: 'address'; readonly ip: string; readonly instance: Instance | undefined }
  | { readonly kind: 'service-missing'; readonly service: ServiceId }
  | { readonly kind: 'instance-missing'; readonly service: ServiceId; readonly hostname: string };

/** One instance behind a service, as an object of the service tells of it. */
export interface Instance {
  readonly service: ServiceId;
  readonly hostname: string;
  readonly target: BackendTarget;
}

export function resolve(read: Reader, tables: MeshTables, destination: ProfileDestination): Resolved {
  if (destination.kind === 'address') {
    const { ip } = destination;
    const [service] = read.by(tables.servicesByClusterIp, ip);
    return service === undefined
      ? { kind: 'address', ip, instance: undefined }
      : { kind: 'service', service, by: 'cluster-ip' };
  }
  const { service: id, hostname } = destination;
  if (hostname !== undefined) {
    const found = findInstance(read, tables, id, hostname);
    if (found === undefined) return { kind: 'instance-missing', service: id, hostname };
    const { ip, target } = found;
    return { kind: 'address', ip, instance: { service: id, hostname, target } };
  }
  const service = read.get(tables.services, id);
  return service === undefined
    ? { kind: 'service-missing', service: id }
    : { kind: 'service', service, by: 'name' };
}

/** The ServiceProfile that applies to a service for the clients of a namespace, which need not exist. */
export function chooseServiceProfile(
  read: Reader,
  tables: MeshTables,
  {
    service,
    clientNamespace,
    clusterDomain,
  }: {
    readonly service: ServiceRow;
    readonly clientNamespace: string | undefined;
    readonly clusterDomain: string;
  },
): {
  readonly profile: ServiceProfileId;
  /** Those that are looked for, in the order in which they go before each other. */
  readonly lookedFor: readonly {
    readonly id: ServiceProfileId;
    readonly namespaceOf: 'client' | 'service';
  }[];
} {
  const name = dnsName(service, clusterDomain);
  const general = { id: serviceProfileId(service.namespace, name), namespaceOf: 'service' } as const;
  if (clientNamespace === undefined || clientNamespace === service.namespace) {
    return { profile: general.id, lookedFor: [general] };
  }
  const own = { id: serviceProfileId(clientNamespace, name), namespaceOf: 'client' } as const;
  const applies = read.get(tables.serviceProfiles, own.id) !== undefined;
  return { profile: applies ? own.id : general.id, lookedFor: [own, general] };
}

/**
 * The backend of that name, ready or not: instances of a StatefulSet find each other before they are ready. Of several,
 * one for each address family say, the first that is ready. Undefined where there is none, or no service to have it.
 */
export function findInstance(
  read: Reader,
  tables: MeshTables,
  service: ServiceId,
  hostname: string,
): Backend | undefined {
  const type = read.get(tables.services, service)?.type;
  if (type === undefined || type === 'ExternalName') return undefined;
  const instances = read
    .by(tables.backendsByService, service)
    .flatMap(({ groups }) => groups)
    .flatMap(({ backends }) => backends)
    .filter((backend) => backend.hostname === hostname);
  return instances.find(({ ready }) => ready) ?? instances[0];
}

export function clientProfileId({ destination, clientNamespace = '' }: ClientProfileKey): string {
  const { port } = destination;
  const what =
    destination.kind === 'address'
      ? `address|${destination.ip}`
      : `service|${destination.service}|${destination.hostname ?? ''}`;
  return `${what}|${port}|${clientNamespace}`;
}

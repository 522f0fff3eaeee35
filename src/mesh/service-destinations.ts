import type { OpaqueCause } from '../core/endpoint-note.js';
import { plainEqual } from '../core/equal.js';
import type { ServiceId, ServiceProfileId } from '../core/ids.js';
import { includesPort, type PortRange } from '../core/port-ranges.js';
import { noProfile, type Profile } from '../core/profile.js';
import type { OverrideOrigin } from '../core/profile-explanation.js';
import { type DestinationOverride, defaultRetryBudget } from '../core/routes.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { ServiceProfileRow, ServiceRow } from './rows.js';
import type { MeshTables } from './tables.js';
import { declaredPort } from './target-port.js';

export interface ServiceDestinationOptions {
  /** The suffix of every service's DNS name: `cluster.local`. */
  readonly clusterDomain: string;
  /** Ports whose traffic is taken for bytes, for services that don't say otherwise. */
  readonly defaultOpaquePorts: readonly PortRange[];
  /**
   * Whether a service without overrides names itself as the one to balance over. A sidecar without a policy service asks
   * for a service's endpoints only where its profile has a route or an override, and else sends to the cluster IP.
   */
  readonly enableSelfOverride: boolean;
}

export interface ServiceDestinationKey {
  readonly service: ServiceId;
  readonly port: number;
  /** The ServiceProfile that applies; it need not exist. */
  readonly profile: ServiceProfileId;
}

/** How to treat the traffic for a port of a service, under one ServiceProfile. */
export type ServiceDestinations = View<ServiceDestinationKey, Profile>;

export function createServiceDestinations(
  engine: Engine,
  tables: MeshTables,
  options: ServiceDestinationOptions,
): ServiceDestinations {
  const { clusterDomain } = options;
  return new View<ServiceDestinationKey, Profile>(engine, {
    name: 'service_destinations',
    id: ({ service, port, profile }) => `${service}|${port}|${profile}`,
    equal: plainEqual,
    derive(read, { service: id, port, profile: profileId }) {
      const service = read.get(tables.services, id);
      if (service === undefined || service.type === 'ExternalName') return noProfile;
      // A port that the service doesn't have has no backends, and must not be balanced over those of the others.
      if (declaredPort(service, port) === undefined) return noProfile;
      const { namespace, name } = service;
      const fullyQualifiedName = dnsName(service, clusterDomain);
      const profile = read.get(tables.serviceProfiles, profileId);
      const overridesFrom: Readonly<Record<OverrideOrigin, readonly DestinationOverride[]>> = {
        'service-profile': profile?.overrides.map((override) => withPort(override, port)) ?? [],
        self: [{ authority: `${fullyQualifiedName}:${port}`, weight: 10_000 }],
        none: [],
      };
      return {
        kind: 'service',
        namespace,
        name,
        port,
        fullyQualifiedName,
        isOpaque: serviceOpaqueCause(service, port, options) !== undefined,
        routes: profile?.routes ?? [],
        retryBudget: profile?.retryBudget ?? defaultRetryBudget,
        overrides: overridesFrom[overrideOrigin(profile, options)],
        source: profile?.id,
      };
    },
  });
}

/** What makes connections to this port of a service bytes; undefined where nothing does. */
export function serviceOpaqueCause(
  { opaquePorts }: ServiceRow,
  port: number,
  { defaultOpaquePorts }: ServiceDestinationOptions,
): Exclude<OpaqueCause['kind'], 'server'> | undefined {
  if (!includesPort(opaquePorts ?? defaultOpaquePorts, port)) return undefined;
  return opaquePorts === undefined ? 'default-ports' : 'annotation';
}

/** Where the overrides of a service under this ServiceProfile come from. */
export function overrideOrigin(
  profile: ServiceProfileRow | undefined,
  { enableSelfOverride }: ServiceDestinationOptions,
): OverrideOrigin {
  if (profile !== undefined && profile.overrides.length > 0) return 'service-profile';
  return enableSelfOverride ? 'self' : 'none';
}

export function dnsName(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  clusterDomain: string,
): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

function withPort(override: DestinationOverride, port: number): DestinationOverride {
  return override.authority.includes(':')
    ? override
    : { ...override, authority: `${override.authority}:${port}` };
}

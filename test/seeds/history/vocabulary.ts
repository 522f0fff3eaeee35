import type { Random } from '../../kit/random.js';

/** A small world, so that its things collide. */

export const namespaces = ['shop', 'web'] as const;
export const serviceNames = ['api', 'db'] as const;
export const podNames = ['p0', 'p1', 'p2', 'p3', 'db-0', 'db-1'] as const;
export const nodeNames = ['n1', 'n2', 'n3'] as const;
export const zones = ['a', 'b'] as const;
export const portNames = ['http', 'sql', ''] as const;
export const ports = [80, 8080, 3306, 4001, 4191] as const;
export const ipv4s = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] as const;
export const ipv6s = ['fd00::1', 'fd00::2', 'FD00:0:0::3'] as const;
export const hostIps = ['192.168.0.1', '192.168.0.2'] as const;
export const clusterIps = ['10.96.0.1', '10.96.0.2', '10.96.0.3', 'fd00:96::1'] as const;
export const externalIps = ['172.16.0.1', '10.0.0.4'] as const;
export const instances = ['db-0', 'db-1'] as const;
export const controllerNamespace = 'conduit';
export const clusterDomain = 'cluster.local';

/** What a history is about: each of these is in it or isn't, so that some histories are full of one thing. */
export interface Traits {
  readonly meshDomain: 'conduit.io' | 'linkerd.io';
  readonly hasHints: boolean;
  readonly hasIpv6: boolean;
  readonly hasLocalPolicy: boolean;
  readonly hasMirrors: boolean;
  readonly hasInstances: boolean;
  readonly hasServers: boolean;
  readonly hasProfiles: boolean;
  readonly hasExternalWorkloads: boolean;
  readonly hasNonsense: boolean;
  readonly hasBrokenObjects: boolean;
  readonly hasExternalNames: boolean;
  readonly hasHostPorts: boolean;
  /** Clients come and go all the time. */
  readonly hasChurn: boolean;
}

export function drawTraits(random: Random): Traits {
  return {
    meshDomain: random.pick(['conduit.io', 'linkerd.io']),
    hasHints: random.chance(0.6),
    hasIpv6: random.chance(0.4),
    hasLocalPolicy: random.chance(0.4),
    hasMirrors: random.chance(0.3),
    hasInstances: random.chance(0.4),
    hasServers: random.chance(0.5),
    hasProfiles: random.chance(0.5),
    hasExternalWorkloads: random.chance(0.3),
    hasNonsense: random.chance(0.4),
    hasBrokenObjects: random.chance(0.3),
    hasExternalNames: random.chance(0.3),
    hasHostPorts: random.chance(0.4),
    hasChurn: random.chance(0.3),
  };
}

/** What annotations list ports as. */
export function drawPortList(random: Random, { hasNonsense }: Traits): string | undefined {
  return random.weighted<string | undefined>([
    [5, undefined],
    [1, ''],
    [1, '8080'],
    [1, '80, http'],
    [1, '4000-4100,sql'],
    [1, '3306'],
    [hasNonsense ? 2 : 0, 'nonsense,8080,99999,5-1'],
  ]);
}

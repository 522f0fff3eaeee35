import type { KubeObject } from '../step.js';
import { instances, portNames, ports, serviceNames, zones, type Traits } from '../vocabulary.js';
import { type Fields, type Identity, type MetadataOptions, metadata } from './model.js';

export interface EndpointModel {
  readonly pod: string;
  readonly ip: string;
  /** Another address of the same, which only slices can tell of. */
  readonly secondIp: string | undefined;
  readonly ready: boolean | null | undefined;
  readonly target: 'Pod' | 'ExternalWorkload' | 'VirtualMachine' | 'none' | 'nameless';
  readonly uid: string | undefined;
  readonly hostname: string | undefined;
  readonly zone: string | undefined;
  readonly forZones: readonly string[] | undefined;
}

/** The fields of an endpoint that don't hang on what it leads to. */
export const endpointFields: Fields<Pick<EndpointModel, 'ready' | 'hostname' | 'zone' | 'forZones'>> = {
  ready: (random) =>
    random.weighted([
      [6, true],
      [1, false],
      [1, null],
      [1, undefined],
    ]),
  hostname: (random, { hasInstances }) => (hasInstances ? random.pick([...instances, undefined]) : undefined),
  zone: (random) => random.pick([...zones, undefined]),
  forZones: (random, { hasHints }) =>
    hasHints
      ? random.weighted([
          [4, ['a']],
          [4, ['b']],
          [1, ['a', 'b']],
          [1, undefined],
          [1, []],
        ])
      : undefined,
};

/** What becomes a slice, or a subset of an Endpoints object. */
export interface BackendsModel {
  readonly service: string | undefined;
  readonly isOwned: boolean;
  readonly addressType: string;
  readonly ports: readonly object[] | null;
  readonly mirrorCluster: string | undefined;
  readonly mirrorService: string | undefined;
  readonly gatewayIdentity: string | undefined;
}

export const backendsFields: Fields<BackendsModel> = {
  service: (random) => random.pick([...serviceNames, ...serviceNames, ...serviceNames, undefined]),
  isOwned: (random) => random.chance(0.1),
  addressType: (random, { hasIpv6 }) =>
    random.weighted([
      [8, 'IPv4'],
      [hasIpv6 ? 6 : 0, 'IPv6'],
      [hasIpv6 ? 1 : 0, 'FQDN'],
    ]),
  ports: (random, { hasNonsense }) =>
    random.chance(0.05)
      ? null
      : [
          ...(random.chance(0.9) ? [{ name: 'http', port: random.pick([8080, 8080, 8080, 8081]) }] : []),
          ...random.some(
            [
              { name: 'sql', port: 3306, protocol: 'TCP' },
              { name: random.pick([...portNames, null, undefined]), port: random.pick(ports) },
              { name: 'web', port: 8080 },
              { name: 'http', port: 9, protocol: 'SCTP' },
              ...(hasNonsense
                ? [
                    { name: 'http', port: null },
                    { name: 'sql', port: 70_000 },
                  ]
                : []),
            ],
            0.5,
          ),
        ],
  mirrorCluster: (random, { hasMirrors }) =>
    hasMirrors ? random.pick(['east', 'west', undefined]) : undefined,
  mirrorService: (random, { hasMirrors }) =>
    hasMirrors
      ? random.pick(['api.far.svc.cluster.local', 'db.far.svc.cluster.local', 'api', undefined])
      : undefined,
  gatewayIdentity: (random, { hasMirrors }) =>
    hasMirrors ? random.pick(['gateway.far', '', undefined]) : undefined,
};

export function renderSlice(
  identity: Identity,
  model: BackendsModel,
  endpoints: readonly EndpointModel[],
  traits: Traits,
): KubeObject {
  const { service, isOwned } = model;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(identity, {
      ...mirror(model, traits, { 'kubernetes.io/service-name': isOwned ? undefined : service }),
      owners: isOwned && service !== undefined ? [{ kind: 'Service', name: service }] : [],
    }),
    addressType: model.addressType,
    ports: model.ports,
    endpoints: endpoints.map(({ ip, secondIp, ready, hostname, zone, forZones, ...target }) => ({
      addresses: secondIp === undefined ? [ip] : [ip, secondIp],
      conditions: { ready },
      targetRef: targetRef(target),
      hostname,
      zone,
      hints: forZones && { forZones: forZones.map((name) => ({ name })) },
    })),
  };
}

/** The Endpoints object of a service: what its slices hold, a subset each. */
export function renderEndpoints(
  identity: Identity,
  parts: readonly { readonly model: BackendsModel; readonly endpoints: readonly EndpointModel[] }[],
  traits: Traits,
): KubeObject {
  const [first] = parts;
  const toAddress = ({ ip, hostname, ...target }: EndpointModel): object => ({
    ip,
    hostname,
    targetRef: targetRef(target),
  });
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: metadata(identity, first === undefined ? {} : mirror(first.model, traits, {})),
    subsets: parts.map(({ model: { ports }, endpoints }) => ({
      addresses: endpoints.filter(({ ready }) => ready !== false).map(toAddress),
      notReadyAddresses: endpoints.filter(({ ready }) => ready === false).map(toAddress),
      ports,
    })),
  };
}

function mirror(
  { mirrorCluster, mirrorService, gatewayIdentity }: BackendsModel,
  { meshDomain }: Traits,
  labels: Readonly<Record<string, string | undefined>>,
): Pick<MetadataOptions, 'labels' | 'annotations'> {
  return {
    labels: { ...labels, [`mirror.${meshDomain}/cluster-name`]: mirrorCluster },
    annotations: {
      [`mirror.${meshDomain}/remote-svc-fq-name`]: mirrorService,
      [`mirror.${meshDomain}/remote-gateway-identity`]: gatewayIdentity,
      'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
    },
  };
}

function targetRef({ target, pod, uid }: Pick<EndpointModel, 'target' | 'pod' | 'uid'>): object | undefined {
  if (target === 'none') return undefined;
  if (target === 'nameless') return { kind: 'Pod' };
  return { kind: target, name: pod, uid };
}

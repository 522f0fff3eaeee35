import type { KubeObject } from '../step.js';
import {
  controllerNamespace,
  drawPortList,
  hostIps,
  ipv4s,
  ipv6s,
  nodeNames,
  type Traits,
} from '../vocabulary.js';
import { type Fields, type Identity, type Owner, metadata } from './model.js';

export interface PodModel {
  readonly node: string | undefined;
  readonly ip4: string | undefined;
  readonly ip6: string | undefined;
  readonly hostIp: string | undefined;
  readonly phase: string;
  readonly isTerminating: boolean;
  readonly createdS: number;
  readonly serviceAccount: string | undefined;
  readonly app: string | undefined;
  readonly controlPlane: string | undefined;
  readonly hash: string | undefined;
  readonly owners: readonly Owner[];
  readonly opaquePorts: string | undefined;
  readonly skippedPorts: string | undefined;
  readonly sidecar: 'none' | 'init' | 'container' | 'deaf';
  readonly containerPorts: readonly object[];
  readonly isHostNetwork: boolean;
}

export const podFields: Fields<PodModel> = {
  node: (random) => random.pick([...nodeNames, ...nodeNames, undefined]),
  ip4: (random) => random.pick([...ipv4s, ...ipv4s, undefined]),
  ip6: (random, { hasIpv6 }) => (hasIpv6 ? random.pick([...ipv6s, undefined]) : undefined),
  hostIp: (random) => random.pick(hostIps),
  phase: (random) =>
    random.weighted([
      [8, 'Running'],
      [1, 'Pending'],
      [1, 'Succeeded'],
      [1, 'Failed'],
    ]),
  isTerminating: (random) => random.chance(0.15),
  createdS: (random) => random.int(4),
  serviceAccount: (random) => random.pick([undefined, 'robot', 'default']),
  app: (random) => random.pick(['api', 'db', undefined]),
  controlPlane: (random) =>
    random.weighted([
      [6, controllerNamespace],
      [1, 'elsewhere'],
      [3, undefined],
    ]),
  hash: (random) => random.pick([undefined, '5d4f', '']),
  owners: (random) =>
    random.pick<readonly Owner[]>([
      [],
      [{ kind: 'ReplicaSet', name: 'rs' }],
      [{ kind: 'ReplicaSet', name: 'rs' }],
      [{ kind: 'Job', name: 'job' }],
      [{ kind: 'StatefulSet', name: 'set' }],
      [
        { kind: 'ReplicaSet', name: 'rs' },
        { kind: 'Job', name: 'job' },
      ],
    ]),
  opaquePorts: drawPortList,
  skippedPorts: (random, traits) => (random.chance(0.6) ? undefined : drawPortList(random, traits)),
  sidecar: (random) =>
    random.weighted([
      [4, 'container'],
      [3, 'init'],
      [2, 'none'],
      [1, 'deaf'],
    ]),
  containerPorts: (random, { hasHostPorts, hasNonsense }) => [
    { name: 'http', containerPort: 8080, ...(hasHostPorts && { hostPort: random.pick([0, 80, 8080]) }) },
    ...random.some(
      [
        { name: 'sql', containerPort: 3306, protocol: 'TCP' },
        { containerPort: 9999, ...(hasHostPorts && { hostPort: 4001 }) },
        { name: 'http', containerPort: 4001 },
        { name: 'sql', containerPort: 8080, protocol: 'UDP' },
        ...(hasNonsense ? [{ name: 'http', containerPort: 0 }, { name: 'http' }] : []),
      ],
      0.4,
    ),
  ],
  isHostNetwork: (random) => random.chance(0.05),
};

export function renderPod(identity: Identity, model: PodModel, { meshDomain }: Traits): KubeObject {
  const proxy = (isDeaf: boolean): object => ({
    name: `${meshDomain.split('.')[0]}-proxy`,
    env: [
      { name: 'LINKERD2_PROXY_LOG', value: 'info' },
      ...(isDeaf ? [] : [{ name: 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR', value: '0.0.0.0:4143' }]),
      { name: 'LINKERD2_PROXY_ADMIN_LISTEN_ADDR', value: '[::]:4191' },
      { name: 'LINKERD2_PROXY_CONTROL_LISTEN_ADDR', value: '127.0.0.1:4190' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
  });
  const ips = [model.ip4, model.ip6].flatMap((ip) => (ip === undefined ? [] : [{ ip }]));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(identity, {
      labels: {
        app: model.app,
        'pod-template-hash': model.hash,
        [`${meshDomain}/control-plane-ns`]: model.controlPlane,
      },
      annotations: {
        [`config.${meshDomain}/opaque-ports`]: model.opaquePorts,
        [`config.${meshDomain}/skip-inbound-ports`]: model.skippedPorts,
      },
      owners: model.owners,
      createdS: model.createdS,
      ...(model.isTerminating && { deletionTimestamp: '2026-01-01T01:00:00Z' }),
    }),
    spec: {
      nodeName: model.node,
      serviceAccountName: model.serviceAccount,
      hostNetwork: model.isHostNetwork,
      initContainers: model.sidecar === 'init' ? [proxy(false)] : [],
      containers: [
        { name: 'app', ports: model.containerPorts },
        ...(model.sidecar === 'container' || model.sidecar === 'deaf'
          ? [proxy(model.sidecar === 'deaf')]
          : []),
      ],
    },
    status: {
      phase: model.phase,
      podIP: model.ip4 ?? model.ip6,
      podIPs: ips.length > 1 ? ips : undefined,
      hostIP: model.hostIp,
      hostIPs: model.createdS === 0 ? [{ ip: model.hostIp }] : undefined,
    },
  };
}

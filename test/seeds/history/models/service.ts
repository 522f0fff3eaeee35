import type { KubeObject } from '../step.js';
import { clusterIps, drawPortList, type Traits } from '../vocabulary.js';
import { type Fields, type Identity, metadata } from './model.js';

export interface ServiceModel {
  readonly type: string | undefined;
  readonly clusterIps: readonly string[];
  readonly ports: readonly object[];
  readonly policy: string | undefined;
  readonly opaquePorts: string | undefined;
}

export const serviceFields: Fields<ServiceModel> = {
  type: (random, { hasExternalNames }) =>
    random.weighted([
      [8, 'ClusterIP'],
      [1, undefined],
      [hasExternalNames ? 2 : 0, 'ExternalName'],
    ]),
  clusterIps: (random) => random.pick([[], ['None'], ...clusterIps.map((ip) => [ip]), clusterIps.slice(2)]),
  ports: (random, { hasNonsense }) => [
    { name: random.pick(['http', 'http', 'web']), port: 80, protocol: random.pick([undefined, 'TCP']) },
    ...random.some(
      [
        { name: 'dns', port: 3306, protocol: 'UDP' },
        { name: 'sql', port: random.pick([3306, 4001]) },
        { port: 8080 },
        ...(hasNonsense
          ? [
              { name: 'sql', port: 99_999 },
              { name: 'http', port: '80' },
            ]
          : []),
      ],
      0.6,
    ),
  ],
  policy: (random, { hasLocalPolicy, hasNonsense }) =>
    random.weighted([
      [6, 'Cluster'],
      [2, undefined],
      [hasLocalPolicy ? 4 : 0, 'Local'],
      [hasNonsense ? 1 : 0, 'Nearby'],
    ]),
  opaquePorts: drawPortList,
};

export function renderService(identity: Identity, model: ServiceModel, { meshDomain }: Traits): KubeObject {
  const [clusterIP] = model.clusterIps;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(identity, {
      annotations: { [`config.${meshDomain}/opaque-ports`]: model.opaquePorts },
    }),
    spec: {
      type: model.type,
      clusterIP,
      clusterIPs: model.clusterIps.length > 1 ? model.clusterIps : undefined,
      ports: model.ports,
      internalTrafficPolicy: model.policy,
    },
  };
}

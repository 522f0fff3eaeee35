import type { Random } from '../../../kit/random.js';
import type { KubeObject } from '../step.js';
import { clusterDomain, drawPortList, externalIps, type Traits } from '../vocabulary.js';
import { type Fields, type Identity, type Owner, metadata } from './model.js';

export interface ServerModel {
  readonly protocol: string | undefined;
  readonly port: number | string;
  readonly podSelector: unknown;
  readonly externalWorkloadSelector: unknown;
}

const drawSelector = (random: Random, { hasNonsense }: Traits): unknown =>
  random.weighted<unknown>([
    [1, undefined],
    [2, {}],
    [3, { matchLabels: { app: 'api' } }],
    [2, { matchExpressions: [{ key: 'app', operator: 'In', values: ['api', 'db'] }] }],
    [1, { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] }],
    [1, { matchExpressions: [{ key: 'app', operator: 'Exists' }], matchLabels: { app: 'db' } }],
    [1, { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }],
    [hasNonsense ? 1 : 0, { matchExpressions: [{ key: 'app', operator: 'Near', values: ['api'] }] }],
    [hasNonsense ? 1 : 0, { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] }],
    [hasNonsense ? 1 : 0, { matchLabels: { app: 7 } }],
  ]);

export const serverFields: Fields<ServerModel> = {
  protocol: (random) =>
    random.weighted([
      [6, 'opaque'],
      [2, 'HTTP/1'],
      [1, undefined],
    ]),
  port: (random) => random.pick([8080, 80, 'http', 'sql', '8080', 4001]),
  podSelector: drawSelector,
  externalWorkloadSelector: drawSelector,
};

export function renderServer(identity: Identity, model: ServerModel): KubeObject {
  const { protocol: proxyProtocol, port, podSelector, externalWorkloadSelector } = model;
  return {
    kind: 'Server',
    metadata: metadata(identity, {}),
    spec: { proxyProtocol, port, podSelector, externalWorkloadSelector },
  };
}

export interface ExternalWorkloadModel {
  readonly ips: readonly string[];
  readonly app: string | undefined;
  readonly ports: readonly object[];
  readonly owners: readonly Owner[];
  readonly identity: string;
  readonly opaquePorts: string | undefined;
}

export const externalWorkloadFields: Fields<ExternalWorkloadModel> = {
  ips: (random) => random.some(externalIps, 0.7),
  app: (random) => random.pick(['api', 'db', undefined]),
  ports: (random, { meshDomain, hasNonsense }) =>
    random.some(
      [
        { name: 'http', port: 8080 },
        { name: `${meshDomain.split('.')[0]}-proxy`, port: 4243 },
        { port: 80 },
        { name: 'sql', port: 3306, protocol: 'UDP' },
        ...(hasNonsense ? [{ name: 'http', port: 0 }] : []),
      ],
      0.6,
    ),
  owners: (random) => random.pick<readonly Owner[]>([[], [{ kind: 'Group', name: 'vms' }]]),
  identity: (random) => `spiffe://root/${random.pick(['one', 'two'])}`,
  opaquePorts: drawPortList,
};

export function renderExternalWorkload(
  identity: Identity,
  model: ExternalWorkloadModel,
  { meshDomain }: Traits,
): KubeObject {
  return {
    kind: 'ExternalWorkload',
    metadata: metadata(identity, {
      labels: { app: model.app },
      annotations: { [`config.${meshDomain}/opaque-ports`]: model.opaquePorts },
      owners: model.owners,
    }),
    spec: {
      meshTLS: { identity: model.identity, serverName: 'vm.cluster.local' },
      workloadIPs: model.ips.map((ip) => ({ ip })),
      ports: model.ports,
    },
  };
}

export interface ServiceProfileModel {
  readonly routes: unknown;
  readonly retryBudget: unknown;
  readonly dstOverrides: unknown;
}

const get = { method: 'get', pathRegex: '/books' };

export const serviceProfileFields: Fields<ServiceProfileModel> = {
  routes: (random, { hasNonsense }) =>
    random.some<object>([
      { name: 'books', condition: get, timeout: random.pick(['300ms', '', '0s', '1.5s', '1h2m']) },
      {
        name: 'any',
        condition: { any: [{ pathRegex: '/a' }, { not: { method: 'PURGE' } }], all: [get] },
        isRetryable: true,
        responseClasses: random.some([
          { condition: { status: { min: 500, max: 599 } }, isFailure: true },
          { condition: { any: [{ status: { min: 404 } }, { not: { status: { max: 200 } } }] } },
          ...(hasNonsense ? [{ condition: { status: { min: 500, max: 400 } } }, { isFailure: true }] : []),
        ]),
      },
      ...(hasNonsense
        ? [
            { name: 'nothing', condition: {} },
            { name: 'half', condition: { all: [get, { method: '', pathRegex: '' }] } },
            { name: 'slow', condition: get, timeout: random.pick(['soon', '-1s', 7]) },
            { name: 'odd', condition: { method: 'NO WAY' } },
          ]
        : []),
    ]),
  retryBudget: (random, { hasNonsense }) =>
    random.weighted<unknown>([
      [3, undefined],
      [2, { retryRatio: 0.5, minRetriesPerSecond: 3, ttl: '20s' }],
      [1, { retryRatio: 0, minRetriesPerSecond: 0, ttl: '1m' }],
      [hasNonsense ? 2 : 0, { retryRatio: -1, minRetriesPerSecond: 2.5, ttl: '15s' }],
      [hasNonsense ? 1 : 0, { retryRatio: 0.1, ttl: '2m' }],
    ]),
  dstOverrides: (random, { hasNonsense }) =>
    random.weighted<unknown>([
      [3, undefined],
      [1, null],
      [
        2,
        [
          { authority: 'db.shop.svc.cluster.local', weight: '500m' },
          { authority: 'api.web.svc.cluster.local:8080', weight: 1 },
        ],
      ],
      [1, [{ authority: 'api.shop.svc.cluster.local', weight: '0' }]],
      [
        hasNonsense ? 3 : 0,
        [
          { authority: '10.0.0.1:80', weight: '1' },
          { authority: 'db.shop.svc.cluster.local:99999', weight: '1' },
          { authority: 'db.shop.svc.cluster.local', weight: '-1' },
          { authority: 'db.shop.svc.cluster.local', weight: 'much' },
          { authority: 'db.shop.svc.cluster.local:80', weight: '1k' },
        ],
      ],
    ]),
};

export function renderServiceProfile(identity: Identity, model: ServiceProfileModel): KubeObject {
  return {
    kind: 'ServiceProfile',
    metadata: metadata(identity, {}),
    spec: { ...model, opaquePorts: ['80'] },
  };
}

export function serviceProfileName(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.${clusterDomain}`;
}

import fc from 'fast-check';
import { backendsId, podId, serviceId } from '../../src/core/ids.js';
import type { PodSelection, ResourceKind } from '../../src/core/resource.js';
import type { BackendsRow, ControllerKind, OwnerRef, PodRow } from '../../src/mesh/rows.js';
import { bareBackend, podRow, sliceRow } from '../kit/rows.js';

// Few of each, so that they meet.
const namespace = fc.constantFrom('a', 'a', 'a-b');
const podName = fc.constantFrom('p1', 'p2', 'p3');
const objectName = fc.constantFrom('x', 'y');
const controllerKind = fc.constantFrom<ControllerKind[]>(
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
  'CronJob',
);
const owner: fc.Arbitrary<OwnerRef | undefined> = fc.option(
  fc.record({
    kind: fc.constantFrom('ReplicaSet', 'ReplicaSet', 'ReplicaSet', 'Job', 'StatefulSet', 'DaemonSet'),
    name: objectName,
  }),
  { nil: undefined },
);
const above: fc.Arbitrary<OwnerRef | undefined> = fc.option(
  fc.record({ kind: fc.constantFrom('Deployment', 'DaemonSet'), name: objectName }),
  { nil: undefined },
);
const aboveJob: fc.Arbitrary<OwnerRef | undefined> = fc.option(
  fc.record({ kind: fc.constant('CronJob'), name: objectName }),
  { nil: undefined },
);
const pod: fc.Arbitrary<PodRow> = fc
  .record({
    namespace,
    name: podName,
    uid: fc.constantFrom('1', '2'),
    phase: fc.constantFrom<PodRow['phase'][]>('pending', 'running', 'ended'),
    owner,
    labels: fc.constantFrom({}, { app: 'x' }, { app: 'y' }),
  })
  .map((fields) => podRow(fields.name, { ...fields, id: podId(fields.namespace, fields.name) }));
const slice: fc.Arbitrary<BackendsRow> = fc
  .record({
    namespace,
    service: objectName,
    suffix: fc.constantFrom('1', '2'),
    targets: fc.array(fc.record({ namespace, name: podName, uid: fc.constantFrom('1', '2', undefined) }), {
      maxLength: 4,
    }),
  })
  .map(({ namespace: its, service, suffix, targets }) => ({
    ...sliceRow(service, suffix, []),
    id: backendsId(its, `${service}-${suffix}`),
    namespace: its,
    service: serviceId(its, service),
    groups: [
      {
        ports: [],
        backends: targets.map(({ namespace: of, name, uid }) =>
          bareBackend('10.0.0.1', { target: { kind: 'Pod', id: podId(of, name), uid } }),
        ),
      },
    ],
  }));
const isThere = fc.constantFrom(true, true, false);

export type Change =
  | { readonly to: 'namespace'; readonly name: string; readonly isThere: boolean }
  | { readonly to: 'pod'; readonly row: PodRow; readonly isThere: boolean }
  | { readonly to: 'pods'; readonly rows: readonly PodRow[] }
  | { readonly to: 'slice'; readonly row: BackendsRow; readonly isThere: boolean }
  | { readonly to: 'service'; readonly in: string; readonly name: string; readonly isThere: boolean }
  | {
      readonly to: 'controller';
      readonly kind: ControllerKind;
      readonly in: string;
      readonly name: string;
      readonly isThere: boolean;
    }
  | {
      readonly to: 'replica-set' | 'job';
      readonly in: string;
      readonly name: string;
      readonly owner: OwnerRef | undefined;
      readonly isThere: boolean;
    };

const named = { in: namespace, name: objectName, isThere };
export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ to: fc.constant('namespace' as const), name: namespace, isThere }),
  { weight: 6, arbitrary: fc.record({ to: fc.constant('pod' as const), row: pod, isThere }) },
  fc.record({ to: fc.constant('pods' as const), rows: fc.array(pod, { maxLength: 6 }) }),
  { weight: 3, arbitrary: fc.record({ to: fc.constant('slice' as const), row: slice, isThere }) },
  { weight: 2, arbitrary: fc.record({ to: fc.constant('service' as const), ...named }) },
  fc.record({ to: fc.constant('controller' as const), kind: controllerKind, ...named }),
  { weight: 2, arbitrary: fc.record({ to: fc.constant('replica-set' as const), owner: above, ...named }) },
  fc.record({ to: fc.constant('job' as const), owner: aboveJob, ...named }),
);

export const selections: fc.Arbitrary<PodSelection> = fc
  .record({
    kind: fc.constantFrom<ResourceKind[]>(
      'Namespace',
      'Pod',
      'Deployment',
      'StatefulSet',
      'DaemonSet',
      'CronJob',
      'ReplicaSet',
      'Job',
      'Service',
      'Service',
      'Service',
      'Authority',
    ),
    namespace: fc.option(namespace, { nil: undefined }),
    name: fc.option(objectName, { nil: undefined }),
    podName: podName,
    namespaceName: namespace,
    labels: fc.constantFrom<PodSelection['labels'][]>(
      [],
      [],
      [{ kind: 'in', label: 'app', values: ['x'] }],
      [{ kind: 'absent', label: 'app' }],
    ),
  })
  .map(({ kind, namespace: its, name, labels, ...more }) => {
    const own = { Namespace: more.namespaceName, Pod: more.podName }[kind as 'Namespace' | 'Pod'] ?? name;
    return {
      kind,
      namespace: kind === 'Namespace' ? undefined : its,
      name: name === undefined || (its === undefined && kind !== 'Namespace') ? undefined : own,
      labels,
    };
  });

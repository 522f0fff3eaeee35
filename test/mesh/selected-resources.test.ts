import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  backendsId,
  controllerId,
  jobId,
  namespaceName,
  podId,
  replicaSetId,
  serviceId,
} from '../../src/core/ids.js';
import type { PodSelection, ResourceKind } from '../../src/core/resource.js';
import type { BackendsRow, ControllerKind, OwnerRef, PodRow } from '../../src/mesh/rows.js';
import type { SelectedResourceSet } from '../../src/mesh/selected-resources.js';
import { testMesh } from '../kit/mesh.js';
import { resetTable } from '../kit/reset-table.js';
import {
  bareBackend,
  controllerRow,
  namespaceRow,
  podBackend,
  podRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';
import { type PlainCluster, selectPlainly } from './plain-selection.js';

type TestMesh = ReturnType<typeof testMesh>;

function selection(kind: ResourceKind, name?: string, fields: Partial<PodSelection> = {}): PodSelection {
  return { kind, namespace: kind === 'Namespace' ? undefined : 'shop', name, labels: [], ...fields };
}

function names({ resources }: SelectedResourceSet): readonly string[] {
  return resources.map(({ id, pods }) => {
    const ids = pods.map((pod) => pod.id);
    return `${id.kind} ${id.namespace}/${id.name}: ${ids.join(' ')}`;
  });
}

let mesh: TestMesh;

beforeEach(() => {
  mesh = testMesh();
});

const ofWeb = { owner: { kind: 'ReplicaSet', name: 'web-1' }, labels: { app: 'web' } };
const deployment = { kind: 'Deployment', name: 'web' };

test('a pod is told with all that others have to know of it', () => {
  mesh.apply(
    { replicaSet: 'web-1', owner: deployment },
    { pod: podRow('web-1-a', { ...ofWeb, ips: ['10.0.0.1'], controlPlaneNamespace: 'conduit' }) },
    { pod: podRow('web-1-b', { ...ofWeb, phase: 'pending', controlPlaneNamespace: 'other' }) },
    { pod: podRow('bare', { phase: 'ended', isTerminating: true }) },
  );
  const workload = {
    kind: 'Pod',
    namespace: 'shop',
    name: 'web-1-a',
    owner: deployment,
    serviceAccount: 'default',
    podTemplateHash: undefined,
    controlPlaneNamespace: 'conduit',
    identity: 'default.shop.serviceaccount.identity.conduit.cluster.local',
  };
  expect(mesh.selectedPods.read(selection('Deployment', 'web'))).toEqual({
    exists: true,
    pods: [
      {
        id: 'shop/web-1-a',
        uid: 'uid-web-1-a',
        phase: 'running',
        isTerminating: false,
        isMeshed: true,
        ips: ['10.0.0.1'],
        directOwner: { kind: 'ReplicaSet', name: 'web-1' },
        workload,
      },
      {
        id: 'shop/web-1-b',
        uid: 'uid-web-1-b',
        phase: 'pending',
        isTerminating: false,
        isMeshed: false,
        ips: [],
        directOwner: { kind: 'ReplicaSet', name: 'web-1' },
        workload: {
          ...workload,
          name: 'web-1-b',
          controlPlaneNamespace: 'other',
          identity: undefined,
        },
      },
    ],
  });
  expect(mesh.selectedPods.read(selection('Pod', 'bare')).pods).toMatchObject([
    { phase: 'ended', isTerminating: true, isMeshed: false, directOwner: undefined },
  ]);
});

describe('there is', () => {
  test.each([
    ['Deployment', { kind: 'Deployment', controller: controllerRow('web') }],
    ['StatefulSet', { kind: 'StatefulSet', controller: controllerRow('web') }],
    ['DaemonSet', { kind: 'DaemonSet', controller: controllerRow('web') }],
    ['ReplicationController', { kind: 'ReplicationController', controller: controllerRow('web') }],
    ['CronJob', { kind: 'CronJob', controller: controllerRow('web') }],
    ['ReplicaSet', { replicaSet: 'web', owner: undefined }],
    ['Job', { job: 'web', owner: undefined }],
    ['Service', { service: serviceRow('web') }],
    ['Namespace', { namespace: namespaceRow('web') }],
  ] as const)('a %s without pods', (kind, row) => {
    const asked = selection(kind, 'web');
    expect(mesh.selectedResources.read(asked)).toEqual({ exists: false, resources: [] });
    mesh.apply(row);
    expect(mesh.selectedResources.read(asked)).toEqual({
      exists: true,
      resources: [{ id: { kind, namespace: kind === 'Namespace' ? '' : 'shop', name: 'web' }, pods: [] }],
    });
  });

  test.each([
    ['Deployment', 'web'],
    ['ReplicaSet', 'web-1'],
    ['Namespace', 'shop'],
  ] as const)('a %s that only pods tell of', (kind, name) => {
    mesh.apply({ replicaSet: 'web-1', owner: deployment }, { pod: podRow('web-1-a', ofWeb) });
    expect(mesh.selectedPods.read(selection(kind, name))).toMatchObject({
      exists: true,
      pods: [{ id: 'shop/web-1-a' }],
    });
  });

  test('one whose pods have other labels', () => {
    mesh.apply({ replicaSet: 'web-1', owner: deployment }, { pod: podRow('web-1-a', ofWeb) });
    const labels = [{ kind: 'exists', label: 'canary' }] as const;
    expect(mesh.selectedPods.read(selection('Deployment', 'web', { labels }))).toEqual({
      exists: true,
      pods: [],
    });
  });

  test('a namespace, where no resource is named', () => {
    expect(mesh.selectedPods.read(selection('Deployment')).exists).toBe(false);
    mesh.apply({ namespace: namespaceRow('shop') });
    expect(mesh.selectedPods.read(selection('Deployment'))).toEqual({ exists: true, pods: [] });
    expect(mesh.selectedPods.read(selection('Deployment', undefined, { namespace: undefined })).exists).toBe(
      true,
    );
  });
});

test('a pod of several services is one pod', () => {
  const backend = podBackend('10.0.0.1', 'web-1-a', { ready: false });
  mesh.apply(
    { pod: podRow('web-1-a', ofWeb) },
    { service: serviceRow('a') },
    { service: serviceRow('b') },
    { service: serviceRow('c') },
    { slice: sliceRow('a', '1', [backend]) },
    { slice: sliceRow('b', '1', [backend, bareBackend('10.0.0.2')]) },
    { slice: sliceRow('b', '2', [podBackend('fd00::1', 'web-1-a')]) },
  );
  expect(names(mesh.selectedResources.read(selection('Service')))).toEqual([
    'Service shop/a: shop/web-1-a',
    'Service shop/b: shop/web-1-a',
    'Service shop/c: ',
  ]);
  expect(mesh.selectedPods.read(selection('Service')).pods).toHaveLength(1);
});

test('of a namespace, those alone are told anew that have changed', () => {
  mesh.apply({ pod: podRow('a') }, { pod: podRow('b') });
  let told = 0;
  const subscription = mesh.selectedPods.subscribe(selection('Namespace', 'shop'), () => told++);
  const before = subscription.latest.value.pods;
  mesh.apply({ pod: podRow('b', { ips: ['10.0.0.1'] }) });
  const after = subscription.latest.value.pods;
  expect([told, after[0] === before[0], after[1]?.ips]).toEqual([1, true, ['10.0.0.1']]);
  // Neither concerns whoever wants to know which pods there are.
  mesh.apply({ pod: podRow('b', { ips: ['10.0.0.1'], labels: { app: 'b' }, createdAtS: 7 }) });
  expect(told).toBe(1);
});

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

type Change =
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
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ to: fc.constant('namespace' as const), name: namespace, isThere }),
  { weight: 6, arbitrary: fc.record({ to: fc.constant('pod' as const), row: pod, isThere }) },
  fc.record({ to: fc.constant('pods' as const), rows: fc.array(pod, { maxLength: 6 }) }),
  { weight: 3, arbitrary: fc.record({ to: fc.constant('slice' as const), row: slice, isThere }) },
  { weight: 2, arbitrary: fc.record({ to: fc.constant('service' as const), ...named }) },
  fc.record({ to: fc.constant('controller' as const), kind: controllerKind, ...named }),
  { weight: 2, arbitrary: fc.record({ to: fc.constant('replica-set' as const), owner: above, ...named }) },
  fc.record({ to: fc.constant('job' as const), owner: aboveJob, ...named }),
);

const selections: fc.Arbitrary<PodSelection> = fc
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

/** The same cluster twice: as tables, and as plain maps. */
class Twins {
  readonly mesh = testMesh();
  readonly plain = {
    namespaces: new Set<string>(),
    pods: new Map<string, PodRow>(),
    services: new Set<string>(),
    slices: new Map<string, BackendsRow>(),
    controllers: {
      Deployment: new Set<string>(),
      StatefulSet: new Set<string>(),
      DaemonSet: new Set<string>(),
      ReplicationController: new Set<string>(),
      CronJob: new Set<string>(),
    },
    replicaSets: new Map<string, OwnerRef | undefined>(),
    jobs: new Map<string, OwnerRef | undefined>(),
  } satisfies PlainCluster;

  change(to: Change): void {
    const { tables } = this.mesh;
    const { plain } = this;
    switch (to.to) {
      case 'namespace': {
        const name = namespaceName(to.name);
        if (to.isThere) tables.namespaces.apply(name, { name });
        else tables.namespaces.delete(name);
        toggle(plain.namespaces, name, to.isThere);
        return;
      }
      case 'pod':
        if (to.isThere) tables.pods.apply(to.row.id, to.row);
        else tables.pods.delete(to.row.id);
        set(plain.pods, to.row.id, to.row, to.isThere);
        return;
      case 'pods': {
        const rows = new Map(to.rows.map((row) => [row.id, row]));
        resetTable(tables.pods, rows);
        plain.pods.clear();
        for (const row of rows.values()) plain.pods.set(row.id, row);
        return;
      }
      case 'slice':
        if (to.isThere) tables.backends.apply(to.row.id, to.row);
        else tables.backends.delete(to.row.id);
        set(plain.slices, to.row.id, to.row, to.isThere);
        return;
      case 'service': {
        const id = serviceId(to.in, to.name);
        if (to.isThere) tables.services.apply(id, serviceRow(to.name, { id, namespace: to.in }));
        else tables.services.delete(id);
        toggle(plain.services, id, to.isThere);
        return;
      }
      case 'controller': {
        const id = controllerId(to.in, to.name);
        const { rows } = tables.controllers[to.kind];
        if (to.isThere) rows.apply(id, { id, namespace: to.in, name: to.name });
        else rows.delete(id);
        toggle(plain.controllers[to.kind], id, to.isThere);
        return;
      }
      case 'replica-set': {
        const id = replicaSetId(to.in, to.name);
        if (to.isThere) tables.replicaSets.apply(id, { id, owner: to.owner });
        else tables.replicaSets.delete(id);
        set(plain.replicaSets, id, to.owner, to.isThere);
        return;
      }
      case 'job': {
        const id = jobId(to.in, to.name);
        if (to.isThere) tables.jobs.apply(id, { id, owner: to.owner });
        else tables.jobs.delete(id);
        set(plain.jobs, id, to.owner, to.isThere);
        return;
      }
    }
  }
}

function toggle(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}

function set<Value>(values: Map<string, Value>, key: string, value: Value, isIn: boolean): void {
  if (isIn) values.set(key, value);
  else values.delete(key);
}

test('whatever happens to the cluster, a selection comes to what looking at everything comes to', () => {
  fc.assert(
    fc.property(
      fc.array(selections, { minLength: 4, maxLength: 10 }),
      fc.array(fc.array(change, { minLength: 1, maxLength: 8 }), { maxLength: 20 }),
      fc.array(selections, { maxLength: 3 }),
      (followed, turns, asked) => {
        const twins = new Twins();
        const { selectedResources, selectedPods, engine, tables } = twins.mesh;
        const subscriptions = followed.map((each) => ({
          each,
          resources: selectedResources.subscribe(each, () => {}),
          pods: selectedPods.subscribe(each, () => {}),
        }));
        for (const changes of turns) {
          for (const each of changes) twins.change(each);
          engine.flush();
          for (const { each, resources, pods } of subscriptions) {
            const expected = selectPlainly(twins.plain, each);
            const told = resources.latest.value;
            expect({ exists: told.exists, resources: names(told) }).toEqual(expected);
            expect(pods.latest.value.exists).toBe(expected.exists);
            expect(pods.latest.value.pods).toEqual([
              ...new Set(told.resources.flatMap((resource) => resource.pods)),
            ]);
            for (const { id, uid, phase } of pods.latest.value.pods) {
              expect([uid, phase]).toEqual([tables.pods.get(id)?.uid, tables.pods.get(id)?.phase]);
            }
          }
        }
        for (const each of asked) {
          const told = selectedResources.read(each);
          expect({ exists: told.exists, resources: names(told) }).toEqual(selectPlainly(twins.plain, each));
        }
        for (const { resources, pods } of subscriptions) {
          resources.close();
          pods.close();
        }
        engine.close();
      },
    ),
    { numRuns: 120 },
  );
});

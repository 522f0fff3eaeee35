import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { resourceByKind } from '../../../src/sandbox/store/resource.js';
import {
  deployment,
  namespaces,
  objectOf,
  pods,
  secrets,
  services,
  testStore,
  typeOf,
  written,
} from './kit.js';

function stored(object: KubeObject): KubeObject {
  return written(testStore().create(resourceByKind(object.apiVersion, object.kind)!, object));
}

const podSpec = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
};

const containerFields = {
  imagePullPolicy: 'IfNotPresent',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};

test('a pod', () => {
  const spec = {
    containers: [
      {
        name: 'a',
        image: 'a:1',
        ports: [{ containerPort: 80 }],
        readinessProbe: { httpGet: { port: 80 } },
        env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      },
    ],
    volumes: [{ name: 'v' }, { name: 'c', configMap: { name: 'c' } }],
  };
  expect(stored(objectOf(pods, 'p', { spec }))).toMatchObject({
    spec: {
      ...podSpec,
      enableServiceLinks: true,
      serviceAccountName: 'default',
      containers: [
        {
          ...containerFields,
          name: 'a',
          image: 'a:1',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          readinessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          env: [{ name: 'X', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }],
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'c', configMap: { name: 'c', defaultMode: 420 } },
      ],
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  });
});

test('a pod on its host’s network has its ports there', () => {
  const spec = { hostNetwork: true, containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 80 }] }] };
  expect(stored(objectOf(pods, 'p', { spec }))['spec']).toMatchObject({
    containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }],
  });
});

describe('images', () => {
  test.each([
    ['a', 'Always'],
    ['a:latest', 'Always'],
    ['a:1', 'IfNotPresent'],
    ['registry:5000/a', 'Always'],
    ['registry:5000/a:1', 'IfNotPresent'],
    ['a@sha256:0', 'IfNotPresent'],
  ])('%s is pulled %s', (image, imagePullPolicy) => {
    const spec = { containers: [{ name: 'a', image }] };
    expect(stored(objectOf(pods, 'p', { spec }))['spec']).toMatchObject({
      containers: [{ imagePullPolicy }],
    });
  });
});

describe('quality of service', () => {
  const half = { cpu: '500m', memory: '64Mi' };
  test.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ limits: half }, 'Guaranteed'],
    [{ limits: half, requests: half }, 'Guaranteed'],
    [{ limits: half, requests: { cpu: '1m' } }, 'Burstable'],
  ])('%j is %s', (resources, qosClass) => {
    const spec = { containers: [{ name: 'a', image: 'a', resources }] };
    expect(stored(objectOf(pods, 'p', { spec }))['status']).toMatchObject({ qosClass });
  });
});

test('a deployment', () => {
  expect(stored(deployment('a'))['spec']).toStrictEqual({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    selector: { matchLabels: { app: 'a' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    template: {
      metadata: { labels: { app: 'a' } },
      spec: { ...podSpec, containers: [{ ...containerFields, name: 'main', image: 'main:1' }] },
    },
  });
  expect(stored(deployment('a', { strategy: { type: 'Recreate' }, replicas: 0 }))['spec']).toMatchObject({
    replicas: 0,
    strategy: { type: 'Recreate' },
  });
});

test('a job selects its pods by its own uid', () => {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } };
  const jobs = typeOf('batch/v1', 'Job');
  const job = stored(objectOf(jobs, 'j', { spec: { template } }));
  const { uid } = job.metadata;
  expect(job['spec']).toMatchObject({
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: {
      metadata: {
        labels: { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': 'j' },
      },
    },
  });
  const queue = stored(objectOf(jobs, 'j', { spec: { template, parallelism: 3 } }));
  expect(queue['spec']).not.toHaveProperty('completions');
});

test('a service', () => {
  const spec = (fields: object) => stored(objectOf(services, 's', { spec: fields }))['spec'];
  expect(spec({ ports: [{ port: 80 }] })).toStrictEqual({
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  });
  expect(spec({ clusterIP: 'None' })).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
  expect(spec({ type: 'ExternalName', externalName: 'a.com' })).toStrictEqual({
    type: 'ExternalName',
    sessionAffinity: 'None',
    externalName: 'a.com',
  });
});

test('a namespace carries its name as a label', () => {
  expect(stored(objectOf(namespaces, 'a'))).toMatchObject({
    metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } },
    status: { phase: 'Active' },
  });
});

test('a secret’s text is kept as data', () => {
  const secret = stored(objectOf(secrets, 'a', { data: { a: 'YQ==' }, stringData: { b: 'b' } }));
  expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'Yg==' } });
  expect(secret).not.toHaveProperty('stringData');
});

test('every default stays what it is when it is written again', () => {
  const store = testStore();
  for (const object of [
    deployment('a'),
    objectOf(services, 's', { spec: { type: 'NodePort', ports: [{ port: 80 }] } }),
    objectOf(secrets, 'a', { stringData: { a: 'b' } }),
    objectOf(typeOf('discovery.k8s.io/v1', 'EndpointSlice'), 'e', {
      addressType: 'IPv4',
      endpoints: [],
      ports: [{ port: 80 }],
    }),
  ]) {
    const type = resourceByKind(object.apiVersion, object.kind)!;
    const created = written(store.create(type, object));
    expect(written(store.update(type, created))).toBe(created);
  }
});

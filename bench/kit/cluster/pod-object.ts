import type { KubeObject } from '../../../src/sandbox/store/object.js';

/** What a pod of the cluster is and where it runs. */
export interface PodFacts {
  readonly namespace: string;
  readonly service: string;
  readonly replicaSet: string;
  readonly hash: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly zone: string;
}

/** When everything in the cluster was created. */
export const created = '2026-01-12T08:30:00Z';

export function podObject(pod: PodFacts, replicaSetUid: string): KubeObject {
  const app = container(pod.service);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      generateName: `${pod.replicaSet}-`,
      namespace: pod.namespace,
      uid: pod.uid,
      creationTimestamp: created,
      labels: {
        ...appLabels(pod.service),
        'conduit.io/control-plane-ns': 'conduit',
        'pod-template-hash': pod.hash,
      },
      annotations: {
        'conduit.io/inject': 'enabled',
        'prometheus.io/port': '9090',
        'prometheus.io/scrape': 'true',
      },
      ownerReferences: [ownerReference('ReplicaSet', pod.replicaSet, replicaSetUid)],
    },
    spec: {
      containers: [app, sidecar()],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      nodeName: pod.node,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: { runAsNonRoot: true, runAsUser: 65_532 },
      serviceAccountName: pod.service,
      terminationGracePeriodSeconds: 30,
      tolerations: ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
        effect: 'NoExecute',
        key,
        operator: 'Exists',
        tolerationSeconds: 300,
      })),
    },
    status: {
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        lastTransitionTime: created,
        status: 'True',
        type,
      })),
      containerStatuses: [app, sidecar()].map(({ name, image }) => ({
        containerID: `containerd://${pod.uid.replaceAll('-', '').repeat(2)}`,
        image,
        imageID: `${image.split(':')[0]}@sha256:${pod.uid.replaceAll('-', '').repeat(2)}`,
        name,
        ready: true,
        restartCount: 0,
        started: true,
        state: { running: { startedAt: created } },
      })),
      phase: 'Running',
      podIP: pod.ip,
      podIPs: [{ ip: pod.ip }],
      qosClass: 'Burstable',
      startTime: created,
    },
  };
}

/** The application's, as pods and their ReplicaSet have it. */
export function container(app: string) {
  return {
    name: app,
    image: `registry.example.com/boutique/${app}:1.42.0`,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'HTTP_PORT', value: '8080' },
      {
        name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
        value: 'http://otel-collector.observability.svc.cluster.local:4317',
      },
      { name: 'DATABASE_URL', value: `postgres://${app}@postgres.data.svc.cluster.local:5432/${app}` },
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ],
    ports: [
      { containerPort: 8080, name: 'http', protocol: 'TCP' },
      { containerPort: 9090, name: 'metrics', protocol: 'TCP' },
    ],
    readinessProbe: {
      failureThreshold: 3,
      httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' },
      periodSeconds: 10,
      successThreshold: 1,
      timeoutSeconds: 1,
    },
    resources: { limits: { memory: '512Mi' }, requests: { cpu: '250m', memory: '256Mi' } },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  };
}

function sidecar() {
  return {
    name: 'conduit-proxy',
    image: 'registry.example.com/conduit/proxy:2.300.0',
    imagePullPolicy: 'IfNotPresent',
    ports: [{ containerPort: 4143, name: 'conduit-proxy', protocol: 'TCP' }],
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  };
}

/** As Helm charts set them. */
export function appLabels(app: string): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/instance': app,
    'app.kubernetes.io/managed-by': 'Helm',
    'app.kubernetes.io/name': app,
    'app.kubernetes.io/version': '1.42.0',
  };
}

export function ownerReference(kind: string, name: string, uidOfOwner: string, apiVersion = 'apps/v1') {
  return { apiVersion, kind, name, uid: uidOfOwner, controller: true, blockOwnerDeletion: true };
}

/**
 * The JSON text of a pod as a production API server serves it: a Deployment's, meshed, with managed fields, probes and
 * environment, 3 to 4 KB. Pods repeat namespaces, nodes and owners as in a cluster of 20 pods a ReplicaSet.
 */
export function realisticPodJson(index: number): string {
  const workload = Math.floor(index / 20);
  const hash = (workload * 2_654_435_761).toString(36).slice(0, 9);
  const app = `service-${workload}`;
  const namespace = `team-${workload % 100}`;
  const name = `${app}-${hash}-${(index + 60_466_176).toString(36)}`;
  const ip = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  const time = '2026-03-01T12:00:00Z';
  const container = (containerName: string) => ({
    name: containerName,
    image: `registry.example.com/${namespace}/${containerName}:v1.2.3`,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'UPSTREAM', value: `http://api.${namespace}.svc.cluster.local:8080` },
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [
      { name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    readinessProbe: { httpGet: { path: '/ready', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
  });
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${app}-${hash}-`,
      namespace,
      uid: `${index.toString(16).padStart(8, '0')}-91c5-4a1b-8f0e-3f1d2c4b5a69`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: time,
      labels: { app, 'pod-template-hash': hash, 'conduit.io/control-plane-ns': 'conduit' },
      annotations: { 'checksum/config': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${app}-${hash}`,
          uid: `${workload.toString(16).padStart(8, '0')}-0d3c-4f7e-9f37-b0d5a5a9e0f1`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: ['kube-controller-manager', 'kubelet'].map((manager) => ({
        manager,
        operation: 'Update',
        apiVersion: 'v1',
        time,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} } },
          'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
        },
      })),
    },
    spec: {
      containers: [container('app'), container('conduit-proxy')],
      nodeName: `ip-10-0-${index % 50}-${index % 40}.eu-central-1.compute.internal`,
      serviceAccountName: app,
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    },
    status: {
      phase: 'Running',
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: time,
      })),
      podIP: ip,
      podIPs: [{ ip }],
      startTime: time,
      containerStatuses: ['app', 'conduit-proxy'].map((each) => ({
        name: each,
        state: { running: { startedAt: time } },
        ready: true,
        restartCount: 0,
        image: `registry.example.com/${namespace}/${each}:v1.2.3`,
      })),
    },
  });
}

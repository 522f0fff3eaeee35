/**
 * The JSON text of a pod as a production API server serves it: a Deployment's, meshed, with managed fields, probes and
 * environment, 5 to 6 KB. Pods repeat namespaces, nodes and owners as in a cluster of 20 pods a ReplicaSet.
 */
export function realisticPodJson(index: number): string {
  const workload = Math.floor(index / 20);
  const hash = (workload * 2_654_435_761).toString(36).slice(0, 9);
  const app = `service-${workload}`;
  const namespace = `team-${workload % 100}`;
  const name = `${app}-${hash}-${(index + 60_466_176).toString(36)}`;
  const ip = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  const nodeIp = `192.168.${index % 50}.${index % 40}`;
  const time = '2026-03-01T12:00:00Z';
  const container = (containerName: string, ports: Readonly<Record<string, number>>, env: object[]) => ({
    name: containerName,
    image: `registry.example.com/${namespace}/${containerName}:v1.2.3`,
    ports: Object.entries(ports).map(([portName, containerPort]) => ({
      name: portName,
      containerPort,
      protocol: 'TCP',
    })),
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      ...env,
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [
      { name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    readinessProbe: { httpGet: { path: '/ready', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
  });
  const appEnv = [
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'UPSTREAM', value: `http://api.${namespace}.svc.cluster.local:8080` },
  ];
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
      labels: {
        app,
        'app.kubernetes.io/part-of': namespace,
        'conduit.io/control-plane-ns': 'conduit',
        'conduit.io/proxy-deployment': app,
        'pod-template-hash': hash,
      },
      annotations: {
        'conduit.io/created-by': 'conduit/proxy-injector',
        'checksum/config': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      },
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
      containers: [
        container('app', { http: 8080, metrics: 9090 }, appEnv),
        container('conduit-proxy', { 'conduit-proxy': 4143, 'conduit-admin': 4191 }, proxyEnv),
      ],
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
      hostIP: nodeIp,
      hostIPs: [{ ip: nodeIp }],
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

const proxyEnv = [
  { name: 'LINKERD2_PROXY_LOG', value: 'warn,linkerd=info' },
  { name: 'LINKERD2_PROXY_LOG_FORMAT', value: 'plain' },
  { name: 'LINKERD2_PROXY_DESTINATION_SVC_ADDR', value: 'conduit-dst.conduit.svc.cluster.local.:8086' },
  { name: 'LINKERD2_PROXY_POLICY_SVC_ADDR', value: 'conduit-policy.conduit.svc.cluster.local.:8090' },
  { name: 'LINKERD2_PROXY_INBOUND_DEFAULT_POLICY', value: 'all-unauthenticated' },
  { name: 'LINKERD2_PROXY_OUTBOUND_CONNECT_TIMEOUT', value: '1000ms' },
  { name: 'LINKERD2_PROXY_INBOUND_CONNECT_TIMEOUT', value: '100ms' },
  { name: 'LINKERD2_PROXY_CONTROL_LISTEN_ADDR', value: '0.0.0.0:4190' },
  { name: 'LINKERD2_PROXY_ADMIN_LISTEN_ADDR', value: '0.0.0.0:4191' },
  { name: 'LINKERD2_PROXY_OUTBOUND_LISTEN_ADDRS', value: '127.0.0.1:4140' },
  { name: 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR', value: '0.0.0.0:4143' },
  { name: 'LINKERD2_PROXY_DESTINATION_PROFILE_SUFFIXES', value: 'svc.cluster.local.' },
  { name: 'LINKERD2_PROXY_INBOUND_ACCEPT_KEEPALIVE', value: '10000ms' },
  { name: 'LINKERD2_PROXY_OUTBOUND_CONNECT_KEEPALIVE', value: '10000ms' },
  { name: 'LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION', value: '25,587,3306,4444,5432' },
  { name: 'LINKERD2_PROXY_IDENTITY_DIR', value: '/var/run/linkerd/identity/end-entity' },
  { name: 'LINKERD2_PROXY_IDENTITY_SVC_ADDR', value: 'conduit-identity.conduit.svc.cluster.local.:8080' },
];

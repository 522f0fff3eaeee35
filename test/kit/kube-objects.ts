/**
 * Raw Kubernetes objects, as an API server would serve them: with the fields that nothing here reads, too. Each builder
 * takes what matters to the test.
 */

export interface RawObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: RawMetadata;
  readonly [field: string]: unknown;
}

export interface RawMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly [field: string]: unknown;
}

export interface RawOptions {
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owners?: readonly { readonly kind: string; readonly name: string }[];
}

export function rawPod(
  name: string,
  options: RawOptions & {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly ip?: string;
  } = {},
): RawObject {
  const { nodeName, serviceAccountName, ip } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(name, options),
    spec: {
      containers: [{ name: 'app', image: 'registry.example/app:1', ports: [{ containerPort: 8080 }] }],
      ...(nodeName !== undefined && { nodeName }),
      ...(serviceAccountName !== undefined && { serviceAccountName }),
    },
    status: { phase: 'Running', ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }) },
  };
}

export function rawService(
  name: string,
  options: RawOptions & { readonly spec?: Readonly<Record<string, unknown>> } = {},
): RawObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, options),
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.10',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
      internalTrafficPolicy: 'Cluster',
      ...options.spec,
    },
    status: { loadBalancer: {} },
  };
}

/** An EndpointSlice of the service `service`; undefined for one that belongs to none. */
export function rawSlice(
  name: string,
  service: string | undefined,
  options: RawOptions & {
    readonly addressType?: string;
    readonly ports?: unknown;
    readonly endpoints?: unknown;
  } = {},
): RawObject {
  const {
    addressType = 'IPv4',
    ports = [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints = [],
  } = options;
  const labels = {
    ...(service !== undefined && { 'kubernetes.io/service-name': service }),
    ...options.labels,
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(name, { ...options, labels }),
    addressType,
    ports,
    endpoints,
  };
}

/** An endpoint of a slice: the address of a ready pod. */
export function rawEndpoint(ip: string, pod: string, fields: Readonly<Record<string, unknown>> = {}) {
  return {
    addresses: [ip],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: 'node-1',
    targetRef: { kind: 'Pod', namespace: 'default', name: pod, uid: `uid-${pod}` },
    zone: 'zone-a',
    ...fields,
  };
}

export function rawEndpoints(
  name: string,
  options: RawOptions & { readonly subsets?: unknown } = {},
): RawObject {
  const { subsets } = options;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: metadata(name, options),
    ...(subsets !== undefined && { subsets }),
  };
}

export function rawNode(name: string, options: RawOptions = {}): RawObject {
  const { namespace: _, ...rest } = metadata(name, options);
  return { apiVersion: 'v1', kind: 'Node', metadata: rest, spec: { podCIDR: '10.1.0.0/24' }, status: {} };
}

export function rawNamespace(name: string): RawObject {
  const { namespace: _, ...rest } = metadata(name, {});
  return { apiVersion: 'v1', kind: 'Namespace', metadata: rest, status: { phase: 'Active' } };
}

export function rawDeployment(name: string, options: RawOptions = {}): RawObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name, options),
    spec: { replicas: 1 },
  };
}

export function rawReplicaSet(name: string, options: RawOptions = {}): RawObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: metadata(name, options),
    spec: { replicas: 1 },
  };
}

export function rawJob(name: string, options: RawOptions = {}): RawObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata(name, options), spec: { parallelism: 1 } };
}

type Spec = Readonly<Record<string, unknown>>;

/** A Server that declares port 3306 of the pods with the label `app: web` opaque. */
export function rawServer(name: string, options: RawOptions & { readonly spec?: Spec } = {}): RawObject {
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: metadata(name, options),
    spec: {
      accessPolicy: 'deny',
      podSelector: { matchLabels: { app: 'web' } },
      port: 3306,
      proxyProtocol: 'opaque',
      ...options.spec,
    },
  };
}

export function rawExternalWorkload(
  name: string,
  options: RawOptions & { readonly spec?: Spec } = {},
): RawObject {
  return {
    apiVersion: 'workload.linkerd.io/v1beta1',
    kind: 'ExternalWorkload',
    metadata: metadata(name, options),
    spec: {
      meshTLS: { identity: `spiffe://root.example/${name}`, serverName: `${name}.example` },
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      workloadIPs: [{ ip: '192.0.2.1' }],
      ...options.spec,
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

export function rawServiceProfile(name: string, spec: unknown, options: RawOptions = {}): RawObject {
  return {
    apiVersion: 'linkerd.io/v1alpha2',
    kind: 'ServiceProfile',
    metadata: metadata(name, options),
    spec,
  };
}

/** A list of objects, or one page of it. */
export function rawList(
  items: readonly unknown[],
  { resourceVersion = '1', next }: { readonly resourceVersion?: string; readonly next?: string } = {},
) {
  return {
    kind: 'List',
    apiVersion: 'v1',
    metadata: { resourceVersion, ...(next !== undefined && { continue: next }) },
    items,
  };
}

/** A `Status`, as the API server answers with what it refuses. */
export function rawStatus(code: number, reason: string, message = reason) {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function metadata(name: string, options: RawOptions): RawMetadata {
  const {
    namespace = 'default',
    resourceVersion = '1',
    uid = `uid-${name}`,
    labels,
    annotations,
    owners,
  } = options;
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(owners && {
      ownerReferences: owners.map((owner) => ({
        apiVersion: 'apps/v1',
        uid: `uid-${owner.name}`,
        controller: true,
        blockOwnerDeletion: true,
        ...owner,
      })),
    }),
    managedFields: [
      { manager: 'kubelet', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: { 'f:status': {} } },
    ],
  };
}

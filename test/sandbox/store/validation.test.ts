import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { resourceByKind } from '../../../src/sandbox/store/resource.js';
import {
  configMap,
  configMaps,
  definitions,
  deployment,
  deployments,
  namespaces,
  objectOf,
  pod,
  pods,
  refusal,
  secrets,
  services,
  testStore,
  typeOf,
  written,
} from './kit.js';

/** What the store says of an object: the text after `is invalid:`, or `ok`. */
function verdict(object: KubeObject): string {
  const type = resourceByKind(object.apiVersion, object.kind)!;
  const outcome = testStore().create(type, object);
  return outcome.ok ? 'ok' : refusal(outcome).replace(/^422 .* is invalid: /, '');
}

const service = (spec: unknown): KubeObject => objectOf(services, 'web', { spec });
const ports = (...list: readonly unknown[]): KubeObject => service({ ports: list });
const podWith = (spec: object): KubeObject =>
  objectOf(pods, 'p', { spec: { containers: [{ name: 'a', image: 'a' }], ...spec } });
const podOf = (container: object): KubeObject =>
  podWith({ containers: [{ name: 'a', image: 'a', ...container }] });

describe('names', () => {
  test.each([
    [configMap(''), 'metadata.name: Required value: name or generateName is required'],
    [configMap('A'), /^metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist/],
    [configMap('a.b-c'), 'ok'],
    [configMap('a..b'), /RFC 1123 subdomain/],
    [configMap('x'.repeat(254)), /must be no more than 253 characters/],
    [objectOf(services, '1web', { spec: { ports: [{ port: 80 }] } }), /DNS-1035 label/],
    [objectOf(namespaces, 'a.b'), /RFC 1123 label/],
    [objectOf(typeOf('rbac.authorization.k8s.io/v1', 'ClusterRole'), 'system:Any'), 'ok'],
    [objectOf(typeOf('rbac.authorization.k8s.io/v1', 'ClusterRole'), 'a/b'), /may not contain '\/'/],
  ])('%#', (object, expected) => {
    expect(verdict(object)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });
});

describe('metadata', () => {
  const withMetadata = (metadata: object): KubeObject => objectOf(configMaps, 'a', { metadata });

  test.each([
    [{ labels: { 'example.com/a': 'b', c: '' } }, 'ok'],
    [{ labels: { a: 'b c' } }, /^metadata.labels: Invalid value: "b c": a valid label must be/],
    [{ labels: { '/a': 'b' } }, /prefix part must be non-empty/],
    [{ labels: { 'a/b/c': 'b' } }, /a qualified name must consist/],
    [{ labels: { a: 7 } }, 'metadata.labels.a: Invalid value: 7: must be a string'],
    [{ labels: { a: 'x'.repeat(64) } }, /must be no more than 63 characters/],
    [{ annotations: { 'Example.com/A': 'anything goes\n' } }, 'ok'],
    [{ annotations: { 'a b': '' } }, /^metadata.annotations: Invalid value: "a b"/],
    [
      { annotations: { a: 'x'.repeat(262_145) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [{ finalizers: ['a b'] }, /^metadata.finalizers: Invalid value: "a b"/],
    [
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a' }] },
      /^metadata.ownerReferences\[0\].uid/,
    ],
    [
      {
        ownerReferences: ['1', '2'].map((uid) => ({
          apiVersion: 'v1',
          kind: 'Pod',
          name: 'a',
          uid,
          controller: true,
        })),
      },
      /only one reference can have controller set to true/,
    ],
  ])('%j', (metadata, expected) => {
    expect(verdict(withMetadata(metadata))).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });
});

describe('workloads', () => {
  const template = (labels: object, spec: object = { containers: [{ name: 'a', image: 'a' }] }) => ({
    metadata: { labels },
    spec,
  });

  test.each([
    [deployment('a'), 'ok'],
    [deployment('a', { selector: undefined }), 'spec.selector: Required value'],
    [
      deployment('a', { selector: {} }),
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      deployment('a', { template: template({ app: 'b' }) }),
      'spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
    ],
    [
      deployment('a', { replicas: -1 }),
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [deployment('a', { replicas: '3' }), 'spec.replicas: Invalid value: "3": must be an integer'],
    [
      deployment('a', { strategy: { type: 'Rolling' } }),
      'spec.strategy.type: Unsupported value: "Rolling": supported values: "Recreate", "RollingUpdate"',
    ],
    [
      deployment('a', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      deployment('a', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      deployment('a', { template: template({ app: 'a' }, {}) }),
      'spec.template.spec.containers: Required value',
    ],
    [
      deployment('a', {
        template: template({ app: 'a' }, { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] }),
      }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      deployment('a', { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } }),
      /^\[spec.selector.matchExpressions\[0\].values: Required value/,
    ],
    [
      deployment('a', { selector: undefined, template: undefined }),
      '[spec.selector: Required value, spec.template.spec.containers: Required value]',
    ],
    [
      objectOf(typeOf('batch/v1', 'Job'), 'j', { spec: { template: template({}) } }),
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      objectOf(typeOf('batch/v1', 'Job'), 'j', {
        spec: { template: template({}, { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] }) },
      }),
      'ok',
    ],
    [
      objectOf(typeOf('batch/v1', 'CronJob'), 'c', { spec: { schedule: '* * *' } }),
      /spec.schedule: Invalid value: "\* \* \*": expected exactly 5 fields, found 3/,
    ],
  ])('%#', (object, expected) => {
    expect(verdict(object)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  test('a selector is settled by the create', () => {
    const store = testStore();
    store.create(deployments, deployment('a'));
    const outcome = store.update(
      deployments,
      deployment('a', {
        selector: { matchLabels: { app: 'b' } },
        template: template({ app: 'b' }),
      }),
    );
    expect(refusal(outcome)).toBe(
      '422 Deployment.apps "a" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    );
  });

  test('of a stateful set little may change', () => {
    const type = typeOf('apps/v1', 'StatefulSet');
    const set = (spec: object): KubeObject =>
      objectOf(type, 'a', {
        spec: { selector: { matchLabels: { app: 'a' } }, template: template({ app: 'a' }), ...spec },
      });
    const store = testStore();
    store.create(type, set({ serviceName: 'a' }));
    expect(store.update(type, set({ serviceName: 'a', replicas: 3 })).ok).toBe(true);
    expect(refusal(store.update(type, set({ serviceName: 'b' })))).toContain(
      'spec: Forbidden: updates to statefulset',
    );
  });
});

describe('pods', () => {
  test.each([
    [podWith({}), 'ok'],
    [podWith({ containers: [] }), 'spec.containers: Required value'],
    [
      podWith({ containers: [{}] }),
      '[spec.containers[0].name: Required value, spec.containers[0].image: Required value]',
    ],
    [
      podWith({ containers: ['a', 'a'].map((name) => ({ name, image: 'a' })) }),
      'spec.containers[1].name: Duplicate value: "a"',
    ],
    [podOf({ name: 'A_B' }), /^spec.containers\[0\].name: Invalid value: "A_B"/],
    [podOf({ ports: [{}] }), 'spec.containers[0].ports[0].containerPort: Required value'],
    [
      podOf({ ports: [{ containerPort: 70_000 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      podOf({ ports: [{ containerPort: 80, name: 'much-too-long-a-name' }] }),
      'spec.containers[0].ports[0].name: Invalid value: "much-too-long-a-name": must be no more than 15 characters',
    ],
    [
      podOf({ ports: [{ containerPort: 80, protocol: 'HTTP' }] }),
      'spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      podOf({ ports: [1, 2].map((containerPort) => ({ containerPort, name: 'a' })) }),
      /ports\[1\].name: Duplicate value: "a"/,
    ],
    [
      podOf({ env: [{ name: 'A', value: 1 }] }),
      'spec.containers[0].env[0].value: Invalid value: 1: must be a string',
    ],
    [
      podOf({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [podWith({ restartPolicy: 'Sometimes' }), /^spec.restartPolicy: Unsupported value: "Sometimes"/],
  ])('%#', (object, expected) => {
    expect(verdict(object)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  test('can be bound to a node once, and get another image, but no other spec', () => {
    const store = testStore();
    store.create(pods, pod('a'));
    expect(store.update(pods, pod('a', { nodeName: 'n1' })).ok).toBe(true);
    expect(refusal(store.update(pods, pod('a', { nodeName: 'n2' })))).toContain(
      'spec: Forbidden: pod updates',
    );
    const image = (name: string): KubeObject =>
      objectOf(pods, 'a', { spec: { nodeName: 'n1', containers: [{ name, image: 'main:latest' }] } });
    expect(store.update(pods, image('main')).ok).toBe(true);
    expect(refusal(store.update(pods, image('other')))).toContain('spec: Forbidden: pod updates');
  });
});

describe('services', () => {
  test.each([
    [ports({ port: 80 }), 'ok'],
    [ports(), 'spec.ports: Required value'],
    [service({ clusterIP: 'None' }), 'ok'],
    [service({ type: 'ExternalName', externalName: 'example.com' }), 'ok'],
    [service({ type: 'ExternalName' }), 'spec.externalName: Required value'],
    [objectOf(services, 'web'), 'spec: Required value'],
    [ports({ port: 0 }), 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [ports({ port: '80' }), 'spec.ports[0].port: Invalid value: "80": must be an integer'],
    [ports({}), /^spec.ports\[0\].port: Invalid value: 0/],
    [
      ports({ port: 80 }, { port: 81 }),
      '[spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
    ],
    [ports({ name: 'a', port: 80 }, { name: 'a', port: 81 }), 'spec.ports[1].name: Duplicate value: "a"'],
    [ports({ name: 'a', port: 80 }, { name: 'b', port: 80 }), 'spec.ports[1]: Duplicate value: "80/TCP"'],
    [ports({ name: 'a', port: 80 }, { name: 'b', port: 80, protocol: 'UDP' }), 'ok'],
    [ports({ port: 80, targetPort: 'http' }), 'ok'],
    [ports({ port: 80, targetPort: 'HTTP!' }), /^spec.ports\[0\].targetPort: Invalid value: "HTTP!"/],
    [ports({ port: 80, targetPort: 70_000 }), /^spec.ports\[0\].targetPort: Invalid value: 70000/],
    [ports({ port: 80, protocol: 'tcp' }), /^spec.ports\[0\].protocol: Unsupported value: "tcp"/],
    [service({ type: 'Cluster', ports: [{ port: 80 }] }), /^spec.type: Unsupported value: "Cluster"/],
    [
      service({ clusterIP: 'x', ports: [{ port: 80 }] }),
      /^spec.clusterIPs\[0\]: Invalid value: "x": must be a valid IP/,
    ],
    [
      service({ internalTrafficPolicy: 'Near', ports: [{ port: 80 }] }),
      /^spec.internalTrafficPolicy: Unsupported/,
    ],
    [service({ selector: { a: 'b c' }, ports: [{ port: 80 }] }), /^spec.selector: Invalid value: "b c"/],
  ])('%#', (object, expected) => {
    expect(verdict(object)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  test('keep the cluster IP that they were given', () => {
    const store = testStore();
    store.create(services, ports({ port: 80 }));
    const given = { clusterIP: '10.0.0.1', ports: [{ port: 80 }] };
    store.update(services, service(given));
    const later = written(store.update(services, ports({ port: 81 })));
    expect(later['spec']).toMatchObject({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] });
    const moved = store.update(services, service({ ...given, clusterIP: '10.0.0.2' }));
    expect(refusal(moved)).toContain(
      'spec.clusterIPs[0]: Invalid value: "10.0.0.2": may not change once set',
    );
  });

  test('keep their node ports', () => {
    const store = testStore();
    store.create(services, service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] }));
    const later = written(
      store.update(services, service({ type: 'NodePort', ports: [{ port: 80, targetPort: 8 }] })),
    );
    expect(later['spec']).toMatchObject({ ports: [{ port: 80, targetPort: 8, nodePort: 30_080 }] });
  });
});

describe('other kinds', () => {
  const slices = typeOf('discovery.k8s.io/v1', 'EndpointSlice');
  const endpoints = typeOf('v1', 'Endpoints');
  const bindings = typeOf('rbac.authorization.k8s.io/v1', 'RoleBinding');
  const slice = (fields: object): KubeObject =>
    objectOf(slices, 'a', { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ...fields });
  const definition = (spec: object): KubeObject =>
    objectOf(definitions, 'widgets.example.com', {
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
        ...spec,
      },
    });

  test.each([
    [slice({ ports: [{ port: 80 }] }), 'ok'],
    [slice({ addressType: undefined }), 'addressType: Required value'],
    [slice({ addressType: 'IPv5' }), /^addressType: Unsupported value: "IPv5"/],
    [
      slice({ addressType: 'IPv6' }),
      /^endpoints\[0\].addresses\[0\]: Invalid value: "10.0.0.1": must be a valid IPv6/,
    ],
    [slice({ endpoints: [{}] }), 'endpoints[0].addresses: Required value: must contain at least 1 address'],
    [slice({ ports: [{ name: 'a' }, { name: 'a' }] }), 'ports[1].name: Duplicate value: "a"'],
    [slice({ ports: [{ port: 0 }] }), /^ports\[0\].port: Invalid value: 0/],
    [
      objectOf(endpoints, 'a', { subsets: [{ addresses: [{ ip: 'x' }] }] }),
      /^subsets\[0\].addresses\[0\].ip: Invalid value: "x"/,
    ],
    [
      objectOf(endpoints, 'a', { subsets: [{ ports: [{ port: 1 }, { port: 2 }] }] }),
      /subsets\[0\].ports\[0\].name: Required value/,
    ],
    [configMap('a', { 'a b': 'x' }), /^data\[a b\]: Invalid value: "a b": a valid config key/],
    [configMap('a', { a: 7 }), 'data[a]: Invalid value: 7: must be a string'],
    [
      objectOf(secrets, 'a', { data: { a: 'not base64!' } }),
      'data[a]: Invalid value: "not base64!": must be base64',
    ],
    [objectOf(secrets, 'a', { data: { a: 'YQ==' } }), 'ok'],
    [
      objectOf(bindings, 'a', {
        roleRef: { kind: 'User', name: 'a' },
        subjects: [{ kind: 'ServiceAccount', name: 'a' }],
      }),
      '[roleRef.kind: Unsupported value: "User": supported values: "Role", "ClusterRole", subjects[0].namespace: Required value]',
    ],
    [definition({}), 'ok'],
    [
      definition({ group: 'other.com' }),
      /^metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural/,
    ],
    [definition({ scope: 'Global' }), /^spec.scope: Unsupported value: "Global"/],
    [
      definition({ versions: [{ name: 'v1', served: true, storage: false }] }),
      /must have exactly one version marked as storage version/,
    ],
  ])('%#', (object, expected) => {
    expect(verdict(object)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  test('what is sealed stays as it is', () => {
    const store = testStore();
    store.create(configMaps, { ...configMap('a', { x: '1' }), immutable: true });
    const change = store.update(configMaps, { ...configMap('a', { x: '2' }), immutable: true });
    expect(refusal(change)).toContain('data: Forbidden: field is immutable when `immutable` is set');
    store.create(secrets, objectOf(secrets, 'a', { type: 'Opaque' }));
    const retyped = store.update(secrets, objectOf(secrets, 'a', { type: 'other' }));
    expect(refusal(retyped)).toContain('type: Invalid value: "other": field is immutable');
    const binding = (name: string): KubeObject =>
      objectOf(bindings, 'a', { roleRef: { kind: 'Role', name } });
    store.create(bindings, binding('a'));
    expect(refusal(store.update(bindings, binding('b')))).toContain('cannot change roleRef');
  });
});

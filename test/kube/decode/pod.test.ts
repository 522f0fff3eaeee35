import { describe, expect, test } from 'vitest';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import { podDecoder } from '../../../src/kube/decode/pod.js';
import { rawPod } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const conduit = meshLabels('conduit.io');

describe('pods', () => {
  test('a meshed pod of a deployment', () => {
    const raw = rawPod('web-7d8f-abc', {
      namespace: 'shop',
      uid: 'u-1',
      nodeName: 'node-1',
      serviceAccountName: 'web',
      ip: '10.1.0.1',
      labels: { app: 'web', 'pod-template-hash': '7d8f', 'conduit.io/control-plane-ns': 'conduit' },
      owners: [{ kind: 'ReplicaSet', name: 'web-7d8f' }],
    });
    expect(rowOf(podDecoder(conduit), raw)).toStrictEqual({
      id: 'shop/web-7d8f-abc',
      namespace: 'shop',
      name: 'web-7d8f-abc',
      uid: 'u-1',
      nodeName: 'node-1',
      serviceAccount: 'web',
      owner: { kind: 'ReplicaSet', name: 'web-7d8f' },
      controlPlaneNamespace: 'conduit',
      podTemplateHash: '7d8f',
      labels: { app: 'web', 'pod-template-hash': '7d8f', 'conduit.io/control-plane-ns': 'conduit' },
      opaquePorts: undefined,
      namedPorts: [],
      ips: ['10.1.0.1'],
      isOnHostNetwork: false,
      hostIps: [],
      hostPorts: [],
      phase: 'running',
      isTerminating: false,
      createdAtS: Date.UTC(2026, 0, 1) / 1_000,
      proxy: undefined,
    });
  });

  test('a bare pod that isn’t scheduled: what is absent is undefined, and all rows have the same fields', () => {
    const raw = { metadata: { name: 'lone', namespace: 'default', uid: 'u-2' }, spec: {} };
    const row = rowOf(podDecoder(conduit), raw);
    expect(row).toStrictEqual({
      id: 'default/lone',
      namespace: 'default',
      name: 'lone',
      uid: 'u-2',
      nodeName: undefined,
      serviceAccount: 'default',
      owner: undefined,
      controlPlaneNamespace: undefined,
      podTemplateHash: undefined,
      labels: {},
      opaquePorts: undefined,
      namedPorts: [],
      ips: [],
      isOnHostNetwork: false,
      hostIps: [],
      hostPorts: [],
      phase: 'pending',
      isTerminating: false,
      createdAtS: 0,
      proxy: undefined,
    });
  });

  test('the label of another mesh domain says nothing', () => {
    const raw = rawPod('a', { labels: { 'linkerd.io/control-plane-ns': 'linkerd' } });
    expect(rowOf(podDecoder(conduit), raw).controlPlaneNamespace).toBeUndefined();
    expect(rowOf(podDecoder(meshLabels('linkerd.io')), raw).controlPlaneNamespace).toBe('linkerd');
  });

  test('an empty label is an absent one', () => {
    const raw = rawPod('a', { labels: { 'conduit.io/control-plane-ns': '', 'pod-template-hash': '' } });
    const row = rowOf(podDecoder(conduit), raw);
    expect([row.controlPlaneNamespace, row.podTemplateHash]).toEqual([undefined, undefined]);
  });

  test('several owners are none', () => {
    const raw = rawPod('a', {
      owners: [
        { kind: 'Job', name: 'x' },
        { kind: 'Job', name: 'y' },
      ],
    });
    expect(rowOf(podDecoder(conduit), raw).owner).toBeUndefined();
  });

  test.each([
    ['spec.nodeName', 7, 'a string'],
    ['spec', 'text', 'an object'],
    ['metadata.labels', [], 'an object'],
    ['metadata.uid', null, 'a non-empty string'],
    ['metadata.ownerReferences', {}, 'an array'],
  ])('%s = %j makes it malformed', (field, value, expected) => {
    expect(decodeRaw(podDecoder(conduit), withField(rawPod('a'), field, value))).toEqual({
      kind: 'malformed',
      problem: { field, value: value === null ? 'null' : JSON.stringify(value), expected },
    });
  });

  test.each([
    ['metadata.managedFields', 42],
    ['metadata.annotations', null],
    ['metadata.annotations', { other: 7 }],
    ['status', { conditions: 7 }],
    ['spec.volumes', 'text'],
  ])('what stands in %s beside its use doesn’t matter: %j', (field, value) => {
    const decode = podDecoder(conduit);
    const { status: _, ...raw } = rawPod('a');
    const plain = { ...raw, status: {} };
    expect(rowOf(decode, withField(plain, field, value))).toEqual(rowOf(decode, plain));
  });

  test('pods with the same labels share them', () => {
    const decode = podDecoder(conduit);
    const labels = { app: 'web' };
    const [a, b] = ['a', 'b'].map((name) => rowOf(decode, rawPod(name, { labels })));
    expect(a?.labels).toBe(b?.labels);
    expect(rowOf(decode, rawPod('c', { labels: { app: 'db' } })).labels).toEqual({ app: 'db' });
  });

  test.each([
    ['Running', 'running'],
    ['Pending', 'pending'],
    ['Succeeded', 'ended'],
    ['Failed', 'ended'],
    ['Unknown', 'pending'],
    [undefined, 'pending'],
  ])('phase %s is %s', (phase, expected) => {
    expect(rowOf(podDecoder(conduit), withField(rawPod('a'), 'status.phase', phase)).phase).toBe(expected);
  });

  test('a pod whose deletion has begun', () => {
    const raw = withField(rawPod('a'), 'metadata.deletionTimestamp', '2026-01-01T00:00:00Z');
    expect(rowOf(podDecoder(conduit), raw).isTerminating).toBe(true);
  });

  const nowhere = { nodeName: undefined };
  test.each([
    [
      'metadata.labels',
      { app: 'web', bad: 7 },
      { labels: { app: 'web' } },
      ['metadata.labels.bad', '7', 'a string'],
    ],
    ['metadata.annotations', 42, {}, ['metadata.annotations', '42', 'an object']],
    [
      'metadata.creationTimestamp',
      'today',
      { createdAtS: 0 },
      ['metadata.creationTimestamp', '"today"', 'an RFC 3339 timestamp'],
    ],
    ['spec.containers', 42, { namedPorts: [] }, ['spec.containers', '42', 'an array']],
    ['spec.initContainers', ['x'], nowhere, ['spec.initContainers[0]', '"x"', 'an object']],
    ['spec.hostNetwork', 'yes', { ips: ['10.1.0.1'] }, ['spec.hostNetwork', '"yes"', 'true or false']],
    ['status', 42, { ips: [], phase: 'pending' }, ['status', '42', 'an object']],
    ['status.phase', 42, { phase: 'pending' }, ['status.phase', '42', 'a string']],
    ['status.podIPs', { ip: 1 }, { ips: ['10.1.0.1'] }, ['status.podIPs', '{"ip":1}', 'an array']],
    [
      'status.podIPs',
      [{ ip: 'x' }, { ip: '10.1.0.2' }],
      { ips: ['10.1.0.2'] },
      ['status.podIPs[0].ip', '"x"', 'an IP address'],
    ],
  ])('%s = %j is left out, and the pod stays', (path, value, row, [field, shown, expected]) => {
    const raw = withField(rawPod('a', { ip: '10.1.0.1' }), path, value);
    expect(decodeRaw(podDecoder(conduit), raw)).toMatchObject({
      kind: 'row',
      row: { id: 'default/a', ...row },
      warnings: [{ field, value: shown, expected }],
    });
  });
});

describe('the addresses of a pod', () => {
  const rowWith = (spec: object, status: object) => {
    const raw = withField(rawPod('a'), 'spec', { containers: [], ...spec });
    return rowOf(podDecoder(conduit), withField(raw, 'status', status));
  };

  test.each([
    [
      'all that it has',
      { podIP: '10.1.0.9', podIPs: [{ ip: '10.1.0.1' }, { ip: 'FD00:0::1' }] },
      ['10.1.0.1', 'fd00::1'],
    ],
    ['each once', { podIPs: [{ ip: 'fd00::1' }, { ip: 'FD00:0::1' }] }, ['fd00::1']],
    ['the one, without a list', { podIP: '10.1.0.1' }, ['10.1.0.1']],
    ['the one, with an empty list', { podIP: '10.1.0.1', podIPs: [] }, ['10.1.0.1']],
    ['none as long as it has none', { podIP: '' }, []],
  ])('are %s', (_, status, expected) => {
    expect(rowWith({}, status).ips).toEqual(expected);
  });

  test('aren’t those of its node', () => {
    const status = { podIP: '192.168.0.1', podIPs: [{ ip: '192.168.0.1' }], hostIP: '192.168.0.1' };
    expect(rowWith({ hostNetwork: true }, status)).toMatchObject({
      ips: [],
      isOnHostNetwork: true,
      hostIps: ['192.168.0.1'],
    });
    expect(rowWith({ hostNetwork: false }, status)).toMatchObject({
      ips: ['192.168.0.1'],
      isOnHostNetwork: false,
      hostIps: [],
    });
  });

  const onNode = { containers: [{ name: 'app', ports: [{ containerPort: 8080, hostPort: 80 }] }] };

  test('of its node count where it has ports there', () => {
    const hosts = { hostIP: '192.168.0.9', hostIPs: [{ ip: '192.168.0.1' }, { ip: 'FD00:1::1' }] };
    expect(rowWith(onNode, hosts)).toMatchObject({ hostIps: ['192.168.0.1', 'fd00:1::1'], hostPorts: [80] });
    expect(rowWith(onNode, { hostIP: '192.168.0.9' }).hostIps).toEqual(['192.168.0.9']);
    expect(rowWith(onNode, {})).toMatchObject({ hostIps: [], hostPorts: [80] });
    expect(rowWith({}, hosts)).toMatchObject({ hostIps: [], hostPorts: [] });
  });
});

describe('the ports that containers declare', () => {
  const row = (spec: object) => {
    const raw = withField(rawPod('a'), 'spec', spec);
    return decodeRaw(podDecoder(conduit), raw);
  };

  test('are kept by name, and by the node’s port, those of init containers first', () => {
    const spec = {
      containers: [
        {
          name: 'app',
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'TCP' },
            { name: 'web', containerPort: 8081, hostPort: 80 },
            { containerPort: 8082 },
            { containerPort: 8083, hostPort: 81 },
            { name: '', containerPort: 8084, hostPort: 0 },
            { name: 'dns', containerPort: 53, hostPort: 53, protocol: 'UDP' },
          ],
        },
        { name: 'other', ports: [{ name: 'http', containerPort: 9090, hostPort: 80 }] },
        { name: 'none', ports: null },
      ],
      initContainers: [{ name: 'init', ports: [{ name: 'early', containerPort: 7000, hostPort: null }] }],
    };
    expect(row(spec)).toMatchObject({
      row: {
        namedPorts: [
          { name: 'early', port: 7000, hostPort: undefined },
          { name: 'http', port: 8080, hostPort: undefined },
          { name: 'web', port: 8081, hostPort: 80 },
          { name: 'http', port: 9090, hostPort: 80 },
        ],
        hostPorts: [80, 81],
      },
      warnings: [],
    });
  });

  test('are left out where they are bad, beside good ones', () => {
    const ports = [
      { name: 'a', containerPort: 1 },
      { name: 'b' },
      { name: 'c', containerPort: '3', hostPort: 3 },
      { name: 4, containerPort: 4, hostPort: 4 },
      { name: 'e', containerPort: 5, protocol: 6 },
      { name: 'f', containerPort: 6, hostPort: 70_000 },
      'g',
      { name: 'h', containerPort: 8 },
    ];
    expect(row({ containers: [{ ports }] })).toMatchObject({
      row: {
        namedPorts: [
          { name: 'a', port: 1 },
          { name: 'f', port: 6, hostPort: undefined },
          { name: 'h', port: 8 },
        ],
        hostPorts: [4],
      },
      warnings: [
        {
          field: 'spec.containers[0].ports[1].containerPort',
          value: 'nothing',
          expected: 'a port, 1 to 65535',
        },
        { field: 'spec.containers[0].ports[2].containerPort', value: '"3"' },
        { field: 'spec.containers[0].ports[3].name', value: '4', expected: 'a string' },
        { field: 'spec.containers[0].ports[4].protocol', value: '6', expected: 'a string' },
        { field: 'spec.containers[0].ports[5].hostPort', value: '70000' },
        { field: 'spec.containers[0].ports[6]', value: '"g"', expected: 'an object' },
      ],
    });
  });

  test('are shared by pods that declare the same', () => {
    const decode = podDecoder(conduit);
    const spec = { containers: [{ ports: [{ name: 'http', containerPort: 80, hostPort: 80 }] }] };
    const [a, b] = ['a', 'b'].map((name) => rowOf(decode, withField(rawPod(name), 'spec', spec)));
    expect(a?.namedPorts).toBe(b?.namedPorts);
    expect(a?.hostPorts).toBe(b?.hostPorts);
  });
});

describe('the ports of a meshed pod', () => {
  const labels = { 'conduit.io/control-plane-ns': 'conduit' };
  const proxy = (env: Readonly<Record<string, string>>) => ({
    name: 'conduit-proxy',
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  });
  const listens = {
    LINKERD2_PROXY_INBOUND_LISTEN_ADDR: '0.0.0.0:4143',
    LINKERD2_PROXY_ADMIN_LISTEN_ADDR: '[::]:4191',
    LINKERD2_PROXY_CONTROL_LISTEN_ADDR: '0.0.0.0:4190',
  };
  const app = {
    name: 'app',
    ports: [
      { name: 'db', containerPort: 7000 },
      { name: 'http', containerPort: 8080 },
    ],
  };

  function pod(annotations: unknown, containers: readonly unknown[], field = 'spec.containers') {
    const raw = withField(
      withField(rawPod('a', { labels }), 'metadata.annotations', annotations),
      field,
      containers,
    );
    return decodeRaw(podDecoder(conduit), raw);
  }

  test.each(['spec.containers', 'spec.initContainers'])('are those of its proxy, among %s', (field) => {
    expect(pod({}, [app, proxy(listens)], field)).toMatchObject({
      row: { opaquePorts: undefined, proxy: { inbound: 4143, own: [4191, 4190], skipped: [] } },
      warnings: [],
    });
  });

  test.each([
    [[app]],
    [[app, proxy({})]],
    [[app, proxy({ LINKERD2_PROXY_INBOUND_LISTEN_ADDR: 'nowhere' })]],
    [[app, { ...proxy(listens), name: 'linkerd-proxy' }]],
  ])('are not known from %j', (containers) => {
    expect(pod({}, containers)).toMatchObject({ row: { proxy: undefined } });
  });

  test('are skipped and opaque as annotations say, names included', () => {
    const annotations = {
      'config.conduit.io/opaque-ports': ' 25, db,4000-4002',
      'config.conduit.io/skip-inbound-ports': '9000-9001',
      'config.linkerd.io/opaque-ports': '1',
    };
    expect(pod(annotations, [app, proxy(listens)])).toMatchObject({
      row: {
        opaquePorts: [
          { from: 25, to: 25 },
          { from: 7000, to: 7000 },
          { from: 4000, to: 4002 },
        ],
        proxy: { skipped: [{ from: 9000, to: 9001 }] },
      },
      warnings: [],
    });
  });

  test('are skipped as the annotation says even where the sidecar can’t be found', () => {
    const annotations = { 'config.conduit.io/skip-inbound-ports': '9000' };
    const skipped = [{ from: 9000, to: 9000 }];
    expect(pod(annotations, [app])).toMatchObject({
      row: { proxy: { inbound: undefined, own: [], skipped } },
    });
  });

  test('an empty annotation says that none is opaque', () => {
    expect(pod({ 'config.conduit.io/opaque-ports': '' }, [app])).toMatchObject({ row: { opaquePorts: [] } });
  });

  test('what makes no sense in an annotation is warned about, and the rest counts', () => {
    expect(pod({ 'config.conduit.io/opaque-ports': '25,nothing,70000' }, [app])).toMatchObject({
      row: { opaquePorts: [{ from: 25, to: 25 }] },
      warnings: [{ field: 'metadata.annotations["config.conduit.io/opaque-ports"]' }],
    });
  });
});

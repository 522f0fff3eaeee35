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
      labels: { app: 'web', 'pod-template-hash': '7d8f', 'conduit.io/control-plane-ns': 'conduit' },
      owners: [{ kind: 'ReplicaSet', name: 'web-7d8f' }],
    });
    expect(rowOf(podDecoder(conduit), raw)).toEqual({
      id: 'shop/web-7d8f-abc',
      namespace: 'shop',
      name: 'web-7d8f-abc',
      uid: 'u-1',
      nodeName: 'node-1',
      serviceAccount: 'web',
      owner: { kind: 'ReplicaSet', name: 'web-7d8f' },
      controlPlaneNamespace: 'conduit',
      podTemplateHash: '7d8f',
    });
  });

  test('a bare pod that isn’t scheduled: what is absent is undefined, and all rows have the same fields', () => {
    const row = rowOf(podDecoder(conduit), rawPod('lone', { uid: 'u-2' }));
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
      opaquePorts: undefined,
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
    'spec.containers',
    'status',
    'metadata.annotations',
    'metadata.managedFields',
  ])('what stands in %s doesn’t matter', (field) => {
    const decode = podDecoder(conduit);
    expect(rowOf(decode, withField(rawPod('a'), field, 42))).toEqual(rowOf(decode, rawPod('a')));
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

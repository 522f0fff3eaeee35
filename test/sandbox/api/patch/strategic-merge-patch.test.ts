import { describe, expect, test } from 'vitest';
import { applyStrategicMergePatch } from '../../../../src/sandbox/api/patch/strategic-merge-patch.js';
import { deployments, pods, services, typeOf } from '../../store/kit.js';

const podShape = pods.shape;

function patchedPod(target: unknown, patch: unknown): unknown {
  const result = applyStrategicMergePatch(target, patch, podShape);
  if (!result.ok) throw new Error(result.problem);
  return result.value;
}

const containers = (...names: readonly string[]) => ({
  spec: { containers: names.map((name) => ({ name, image: `${name}:1` })) },
});

function namesOf(pod: unknown): readonly string[] {
  const { spec } = pod as { spec: { containers: { name: string }[] } };
  return spec.containers.map(({ name }) => name);
}

describe('objects', () => {
  test('are merged; null removes', () => {
    const target = { metadata: { labels: { a: '1', b: '2' } }, spec: { nodeName: 'n' } };
    const patch = { metadata: { labels: { a: null, c: '3' } } };
    expect(patchedPod(target, patch)).toStrictEqual({
      metadata: { labels: { b: '2', c: '3' } },
      spec: { nodeName: 'n' },
    });
  });

  test('are replaced or deleted by a directive', () => {
    const target = { metadata: { labels: { a: '1' }, annotations: { x: 'y' } } };
    const patch = { metadata: { labels: { $patch: 'replace', b: '2' }, annotations: { $patch: 'delete' } } };
    expect(patchedPod(target, patch)).toStrictEqual({ metadata: { labels: { b: '2' } } });
  });

  test('keep the retained keys alone', () => {
    const shape = deployments.shape;
    const target = {
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }, replicas: 2 },
    };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(applyStrategicMergePatch(target, patch, shape)).toStrictEqual({
      ok: true,
      value: { spec: { strategy: { type: 'Recreate' }, replicas: 2 } },
    });
  });

  test('that are new lose the directives and nulls in them', () => {
    const patch = { spec: { securityContext: { runAsUser: 1, fsGroup: null } } };
    expect(patchedPod({}, patch)).toStrictEqual({ spec: { securityContext: { runAsUser: 1 } } });
  });
});

describe('keyed lists', () => {
  test('are merged by key, and grow at the end', () => {
    const patch = {
      spec: {
        containers: [
          { name: 'b', image: 'b:2' },
          { name: 'c', image: 'c:1' },
        ],
      },
    };
    expect(patchedPod(containers('a', 'b'), patch)).toStrictEqual({
      spec: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:2' },
          { name: 'c', image: 'c:1' },
        ],
      },
    });
  });

  test('are merged at every depth, each by its own key', () => {
    const target = {
      spec: {
        containers: [
          {
            name: 'a',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '2' },
            ],
            ports: [{ containerPort: 80 }],
          },
        ],
      },
    };
    const patch = {
      spec: {
        containers: [
          { name: 'a', env: [{ name: 'Y', value: '3' }], ports: [{ containerPort: 80, name: 'http' }] },
        ],
      },
    };
    expect(patchedPod(target, patch)).toStrictEqual({
      spec: {
        containers: [
          {
            name: 'a',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '3' },
            ],
            ports: [{ containerPort: 80, name: 'http' }],
          },
        ],
      },
    });
  });

  test('lose a member by a directive', () => {
    const patch = {
      spec: {
        containers: [
          { name: 'a', $patch: 'delete' },
          { name: 'none', $patch: 'delete' },
        ],
      },
    };
    expect(namesOf(patchedPod(containers('a', 'b'), patch))).toStrictEqual(['b']);
  });

  test('are replaced by a directive', () => {
    const patch = { spec: { containers: [{ name: 'z', image: 'z' }, { $patch: 'replace' }] } };
    expect(patchedPod(containers('a', 'b'), patch)).toStrictEqual({
      spec: { containers: [{ name: 'z', image: 'z' }] },
    });
  });

  test('a member without its key is refused', () => {
    const result = applyStrategicMergePatch(
      containers('a'),
      { spec: { containers: [{ image: 'x' }] } },
      podShape,
    );
    expect(result).toStrictEqual({
      ok: false,
      kind: 'malformed',
      problem: 'map: {"image":"x"} does not contain declared merge key: name',
    });
  });

  test('a service’s ports are keyed by number', () => {
    const target = { spec: { ports: [{ port: 80, name: 'http' }] } };
    const patch = { spec: { ports: [{ port: 80, targetPort: 8080 }, { port: 81 }] } };
    expect(applyStrategicMergePatch(target, patch, services.shape)).toStrictEqual({
      ok: true,
      value: { spec: { ports: [{ port: 80, name: 'http', targetPort: 8080 }, { port: 81 }] } },
    });
  });
});

describe('the order of a keyed list', () => {
  const ordered = (target: readonly string[], order: readonly string[], added: readonly string[] = []) =>
    namesOf(
      patchedPod(containers(...target), {
        spec: {
          '$setElementOrder/containers': order.map((name) => ({ name })),
          ...(added.length > 0 && containers(...added).spec),
        },
      }),
    );

  test('is set by a directive', () => {
    expect(ordered(['a', 'b', 'c'], ['c', 'a', 'b'])).toStrictEqual(['c', 'a', 'b']);
    expect(ordered(['a', 'b'], ['c', 'a', 'b'], ['c'])).toStrictEqual(['c', 'a', 'b']);
  });

  test('leaves members that the author doesn’t know of where they were', () => {
    expect(ordered(['x', 'a', 'b'], ['a', 'b'])).toStrictEqual(['x', 'a', 'b']);
    expect(ordered(['a', 'x', 'b'], ['a', 'b'])).toStrictEqual(['a', 'x', 'b']);
    expect(ordered(['a', 'b', 'x'], ['b', 'a'])).toStrictEqual(['b', 'a', 'x']);
    expect(ordered(['a', 'x'], ['new', 'a'], ['new'])).toStrictEqual(['new', 'a', 'x']);
  });
});

describe('lists of plain values', () => {
  test('that are sets are united, and lose what a directive names', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } };
    const patch = { metadata: { finalizers: ['c', 'a'], '$deleteFromPrimitiveList/finalizers': ['b'] } };
    expect(patchedPod(target, patch)).toStrictEqual({ metadata: { finalizers: ['a', 'c'] } });
    const removal = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } };
    expect(patchedPod(target, removal)).toStrictEqual({ metadata: { finalizers: ['b'] } });
    const order = { metadata: { finalizers: ['c'], '$setElementOrder/finalizers': ['c', 'b', 'a'] } };
    expect(patchedPod(target, order)).toStrictEqual({ metadata: { finalizers: ['c', 'b', 'a'] } });
  });

  test('that are not, and lists without a key, are replaced', () => {
    const target = { spec: { containers: [{ name: 'a', args: ['1', '2'] }], tolerations: [{ key: 'x' }] } };
    const patch = { spec: { containers: [{ name: 'a', args: ['3'] }], tolerations: [{ key: 'y' }] } };
    expect(patchedPod(target, patch)).toStrictEqual({
      spec: { containers: [{ name: 'a', args: ['3'] }], tolerations: [{ key: 'y' }] },
    });
  });
});

test('an unknown directive, and a patch that is no object, are refused', () => {
  for (const patch of [{ metadata: { $patch: 'swap' } }, [], 'x', { metadata: { $retainKeys: 'a' } }]) {
    expect(applyStrategicMergePatch({}, patch, podShape)).toMatchObject({ ok: false, kind: 'malformed' });
  }
});

test('every kind has the lists of metadata', () => {
  const shape = typeOf('v1', 'ConfigMap').shape;
  const target = { metadata: { ownerReferences: [{ uid: '1', name: 'a' }] } };
  const patch = { metadata: { ownerReferences: [{ uid: '2', name: 'b' }] } };
  expect(applyStrategicMergePatch(target, patch, shape)).toStrictEqual({
    ok: true,
    value: {
      metadata: {
        ownerReferences: [
          { uid: '1', name: 'a' },
          { uid: '2', name: 'b' },
        ],
      },
    },
  });
});

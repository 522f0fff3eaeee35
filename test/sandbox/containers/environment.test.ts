import { describe, expect, test } from 'vitest';
import { containerArguments, containerEnvironment } from '../../../src/sandbox/containers/environment.js';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'uid-1',
    labels: { app: 'web', 'a.b/c': 'd' },
    annotations: { note: 'hello' },
  },
  spec: { nodeName: 'node-2', serviceAccountName: 'web' },
};

function environment(container: object, given = {}) {
  const addresses = { ip: '127.64.0.1', hostIp: '127.112.0.2' };
  return containerEnvironment({ pod, container, addresses, given });
}

describe('the environment of a container', () => {
  test('has the fields of the pod that it asks for', () => {
    const paths = {
      NAME: 'metadata.name',
      NAMESPACE: 'metadata.namespace',
      POD_UID: 'metadata.uid',
      APP: "metadata.labels['app']",
      SLASH: "metadata.labels['a.b/c']",
      NOTE: "metadata.annotations['note']",
      NONE: "metadata.annotations['none']",
      NODE: 'spec.nodeName',
      ACCOUNT: 'spec.serviceAccountName',
      IP: 'status.podIP',
      HOST: 'status.hostIP',
    };
    const env = Object.entries(paths).map(([name, fieldPath]) => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    }));
    expect(environment({ env })).toEqual({
      ok: true,
      value: {
        NAME: 'web-1',
        NAMESPACE: 'shop',
        POD_UID: 'uid-1',
        APP: 'web',
        SLASH: 'd',
        NOTE: 'hello',
        NONE: '',
        NODE: 'node-2',
        ACCOUNT: 'web',
        IP: '127.64.0.1',
        HOST: '127.112.0.2',
      },
    });
  });

  test('expands variables that were named before, and no others', () => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)b $(GIVEN) $(C) $$(A) $A' },
      { name: 'C', value: '$(B)' },
      { name: 'A', value: 'again' },
      { name: 'EMPTY' },
    ];
    expect(environment({ env }, { GIVEN: 'given', A: 'lost' })).toEqual({
      ok: true,
      value: {
        GIVEN: 'given',
        A: 'again',
        B: 'ab given $(C) $(A) $A',
        C: 'ab given $(C) $(A) $A',
        EMPTY: '',
      },
    });
  });

  test.each([
    [
      [{ name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }],
      'env CPU: the sandbox gives programs no resourceFieldRef',
    ],
    [
      [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } }],
      'env KEY: the sandbox gives programs no secretKeyRef',
    ],
    [
      [{ name: 'ODD', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }],
      'env ODD: the sandbox gives programs no status.phase',
    ],
  ])('says what it can not give', (env, problem) => {
    expect(environment({ env })).toEqual({ ok: false, problem });
  });
});

test('arguments have the same variables', () => {
  expect(containerArguments({ args: ['--name=$(NAME)', '$$(NAME)', '$(NO)'] }, { NAME: 'web-1' })).toEqual([
    '--name=web-1',
    '$(NAME)',
    '$(NO)',
  ]);
  expect(containerArguments({}, {})).toEqual([]);
});

import { expect, test } from 'vitest';
import { allResourceKinds, resourceKindOf, resourceNames } from '../../src/core/resource.js';

test.each([
  ['deploy', 'Deployment'],
  ['deployment', 'Deployment'],
  ['Deployments', 'Deployment'],
  ['ns', 'Namespace'],
  ['po', 'Pod'],
  ['svc', 'Service'],
  ['sts', 'StatefulSet'],
  ['ds', 'DaemonSet'],
  ['rs', 'ReplicaSet'],
  ['rc', 'ReplicationController'],
  ['job', 'Job'],
  ['authority', 'Authority'],
  ['deploys', undefined],
  ['all', undefined],
  ['', undefined],
])('%s is %s', (name, kind) => {
  expect(resourceKindOf(name)).toBe(kind);
});

test('every name of every kind leads back to it', () => {
  for (const kind of allResourceKinds) {
    const { plural, singular, short } = resourceNames(kind);
    expect([plural, singular, short].map(resourceKindOf)).toEqual([kind, kind, kind]);
  }
});

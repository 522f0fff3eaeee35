import { expect, test } from 'vitest';
import type { PodWorkload } from '../../src/core/endpoint.js';
import { workloadLabels } from '../../src/wire/workload-labels.js';

const pod: PodWorkload = {
  kind: 'Pod',
  namespace: 'shop',
  name: 'web-1-a',
  owner: { kind: 'Deployment', name: 'web' },
  serviceAccount: 'web',
  podTemplateHash: '7d8f',
  controlPlaneNamespace: 'conduit',
  identity: undefined,
};

test('of a pod: who it is, whose it is, and what it runs as', () => {
  expect(Object.fromEntries(workloadLabels(pod))).toEqual({
    namespace: 'shop',
    pod: 'web-1-a',
    deployment: 'web',
    serviceaccount: 'web',
    control_plane_ns: 'conduit',
    pod_template_hash: '7d8f',
  });
});

test('what is not known has no label; the owner is named by its kind, but for a Job', () => {
  const unmeshed = { ...pod, podTemplateHash: undefined, controlPlaneNamespace: undefined };
  const labels = (kind: string) =>
    Object.fromEntries(workloadLabels({ ...unmeshed, owner: { kind, name: 'x' } }));
  expect(labels('CronJob')).toEqual({
    namespace: 'shop',
    pod: 'web-1-a',
    cronjob: 'x',
    serviceaccount: 'web',
  });
  expect(labels('Job')).toMatchObject({ k8s_job: 'x' });
});

test('of an external workload', () => {
  const external = {
    kind: 'ExternalWorkload',
    namespace: 'shop',
    name: 'vm',
    owner: undefined,
    identity: 'spiffe://root/vm',
    serverName: 'vm.example',
  } as const;
  expect(Object.fromEntries(workloadLabels(external))).toEqual({
    namespace: 'shop',
    external_workload: 'vm',
  });
});

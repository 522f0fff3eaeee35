import type { Workload } from '../core/endpoint.js';

/** Labels of a workload by Linkerd's names: who it is, and what it belongs to. */
export function workloadLabels(workload: Workload): Map<string, string> {
  const labels = new Map([['namespace', workload.namespace]]);
  addWorkloadLabels(labels, workload);
  return labels;
}

/** Adds all of them but the namespace. */
export function addWorkloadLabels(labels: Map<string, string>, workload: Workload): void {
  const { owner } = workload;
  switch (workload.kind) {
    case 'Pod': {
      const { controlPlaneNamespace, podTemplateHash } = workload;
      labels.set('pod', workload.name);
      if (owner !== undefined) labels.set(ownerLabel(owner.kind), owner.name);
      labels.set('serviceaccount', workload.serviceAccount);
      if (controlPlaneNamespace !== undefined) labels.set('control_plane_ns', controlPlaneNamespace);
      if (podTemplateHash !== undefined) labels.set('pod_template_hash', podTemplateHash);
      return;
    }
    case 'ExternalWorkload':
      labels.set('external_workload', workload.name);
      if (owner !== undefined) labels.set(ownerLabel(owner.kind), owner.name);
      return;
  }
}

/** The label that names an owner of this kind: `deployment`, `k8s_job`. */
export function ownerLabel(kind: string): string {
  // `job` is what Prometheus calls the scrape that a series came from.
  return kind === 'Job' ? 'k8s_job' : kind.toLowerCase();
}

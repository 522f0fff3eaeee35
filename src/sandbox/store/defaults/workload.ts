import { at, fieldsAt, isFields } from '../field.js';
import type { KubeObject } from '../object.js';
import { templateDefaults } from './pod.js';

/** What the API server fills in for apps/v1 and batch/v1. Source: Kubernetes API reference. */

export function deploymentDefaults(object: KubeObject): KubeObject {
  const spec = fieldsAt(object, 'spec');
  if (!spec) return object;
  const strategy = fieldsAt(spec, 'strategy') ?? {};
  const type = at(strategy, 'type') ?? 'RollingUpdate';
  const rolling = { maxUnavailable: '25%', maxSurge: '25%', ...fieldsAt(strategy, 'rollingUpdate') };
  return withTemplate(object, {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    strategy: { ...strategy, type, ...(type === 'RollingUpdate' && { rollingUpdate: rolling }) },
  });
}

export function replicaSetDefaults(object: KubeObject): KubeObject {
  const spec = fieldsAt(object, 'spec');
  return spec ? withTemplate(object, { replicas: 1, ...spec }) : object;
}

export function statefulSetDefaults(object: KubeObject): KubeObject {
  const spec = fieldsAt(object, 'spec');
  if (!spec) return object;
  const strategy = { type: 'RollingUpdate', ...fieldsAt(spec, 'updateStrategy') };
  const rolling = { partition: 0, ...fieldsAt(strategy, 'rollingUpdate') };
  return withTemplate(object, {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: {
      ...strategy,
      ...(strategy.type === 'RollingUpdate' && { rollingUpdate: rolling }),
    },
  });
}

export function daemonSetDefaults(object: KubeObject): KubeObject {
  const spec = fieldsAt(object, 'spec');
  if (!spec) return object;
  const strategy = { type: 'RollingUpdate', ...fieldsAt(spec, 'updateStrategy') };
  const rolling = { maxUnavailable: 1, maxSurge: 0, ...fieldsAt(strategy, 'rollingUpdate') };
  return withTemplate(object, {
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: {
      ...strategy,
      ...(strategy.type === 'RollingUpdate' && { rollingUpdate: rolling }),
    },
  });
}

/**
 * A Job selects its pods by its own uid unless it says that it selects them by hand; its template carries the labels that
 * make that true.
 */
export function jobDefaults(object: KubeObject): KubeObject {
  const spec = fieldsAt(object, 'spec');
  if (!spec) return object;
  const { uid = '', name } = object.metadata;
  const defaulted = jobSpecDefaults(spec);
  if (at(spec, 'manualSelector') === true || at(spec, 'selector') !== undefined) {
    return withTemplate(object, defaulted);
  }
  const template = fieldsAt(spec, 'template');
  const labels = {
    ...fieldsAt(template, 'metadata', 'labels'),
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  return withTemplate(object, {
    ...defaulted,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    ...(template && { template: { ...template, metadata: { ...fieldsAt(template, 'metadata'), labels } } }),
  });
}

export function cronJobDefaults(object: KubeObject): KubeObject {
  const spec = fieldsAt(object, 'spec');
  if (!spec) return object;
  const job = fieldsAt(spec, 'jobTemplate', 'spec');
  return {
    ...object,
    spec: {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      ...spec,
      ...(job && {
        jobTemplate: {
          ...fieldsAt(spec, 'jobTemplate'),
          spec: { ...job, template: templateDefaults(job['template']) },
        },
      }),
    },
  };
}

function jobSpecDefaults(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  // A Job that says how many run at once, but not how many must succeed, is a work queue: any one success ends it.
  const single = spec['completions'] === undefined && spec['parallelism'] === undefined;
  return {
    parallelism: 1,
    ...(single && { completions: 1 }),
    completionMode: 'NonIndexed',
    backoffLimit: 6,
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    ...spec,
  };
}

function withTemplate(object: KubeObject, spec: Readonly<Record<string, unknown>>): KubeObject {
  return isFields(spec['template'])
    ? { ...object, spec: { ...spec, template: templateDefaults(spec['template']) } }
    : { ...object, spec };
}

import {
  cronJobColumns,
  daemonSetColumns,
  deploymentColumns,
  jobColumns,
  replicaSetColumns,
  statefulSetColumns,
} from '../columns/workload.js';
import {
  cronJobDefaults,
  daemonSetDefaults,
  deploymentDefaults,
  jobDefaults,
  replicaSetDefaults,
  statefulSetDefaults,
} from '../defaults/workload.js';
import { type ResourceType, resourceType } from '../resource-type.js';
import * as workloadShapes from '../shapes/workload.js';
import {
  cronJobProblems,
  daemonSetProblems,
  deploymentProblems,
  jobProblems,
  replicaSetProblems,
  statefulSetProblems,
} from '../validation/workload.js';

const apps = { group: 'apps', version: 'v1', categories: ['all'], generation: true } as const;
const batch = { group: 'batch', version: 'v1', categories: ['all'], generation: true } as const;

/** The kinds of apps/v1 and batch/v1. */
export const workloadResources: readonly ResourceType[] = [
  resourceType({
    ...apps,
    kind: 'Deployment',
    plural: 'deployments',
    shape: workloadShapes.deployment,
    shortNames: ['deploy'],
    subresources: ['status', 'scale'],
    columns: deploymentColumns,
    defaults: deploymentDefaults,
    validate: deploymentProblems,
  }),
  resourceType({
    ...apps,
    kind: 'ReplicaSet',
    plural: 'replicasets',
    shape: workloadShapes.replicaSet,
    shortNames: ['rs'],
    subresources: ['status', 'scale'],
    selectableFields: ['status.replicas'],
    columns: replicaSetColumns,
    defaults: replicaSetDefaults,
    validate: replicaSetProblems,
  }),
  resourceType({
    ...apps,
    kind: 'StatefulSet',
    plural: 'statefulsets',
    shape: workloadShapes.statefulSet,
    shortNames: ['sts'],
    subresources: ['status', 'scale'],
    columns: statefulSetColumns,
    defaults: statefulSetDefaults,
    validate: statefulSetProblems,
  }),
  resourceType({
    ...apps,
    kind: 'DaemonSet',
    plural: 'daemonsets',
    shape: workloadShapes.daemonSet,
    shortNames: ['ds'],
    subresources: ['status'],
    columns: daemonSetColumns,
    defaults: daemonSetDefaults,
    validate: daemonSetProblems,
  }),
  resourceType({
    ...batch,
    kind: 'Job',
    plural: 'jobs',
    shape: workloadShapes.job,
    subresources: ['status'],
    columns: jobColumns,
    defaults: jobDefaults,
    validate: jobProblems,
  }),
  resourceType({
    ...batch,
    kind: 'CronJob',
    plural: 'cronjobs',
    shape: workloadShapes.cronJob,
    shortNames: ['cj'],
    subresources: ['status'],
    columns: cronJobColumns,
    defaults: cronJobDefaults,
    validate: cronJobProblems,
  }),
];

import {
  configMapColumns,
  eventColumns,
  namespaceColumns,
  nodeColumns,
  secretColumns,
  serviceAccountColumns,
} from '../columns/cluster.js';
import { endpointsColumns, serviceColumns } from '../columns/network.js';
import { podColumns } from '../columns/pod.js';
import { namespaceDefaults, secretDefaults } from '../defaults/cluster.js';
import { endpointsDefaults, serviceDefaults } from '../defaults/network.js';
import { podDefaults } from '../defaults/pod.js';
import { type ResourceType, resourceType } from '../resource-type.js';
import * as clusterShapes from '../shapes/cluster.js';
import * as networkShapes from '../shapes/network.js';
import { pod } from '../shapes/pod.js';
import { configMapProblems, secretProblems } from '../validation/cluster.js';
import { dnsLabelProblem, serviceNameProblem } from '../validation/name.js';
import { endpointsProblems, serviceProblems } from '../validation/network.js';
import { podProblems } from '../validation/pod.js';

const core = { group: '', version: 'v1' } as const;

/** The kinds of core/v1. */
export const coreResources: readonly ResourceType[] = [
  resourceType({
    ...core,
    kind: 'Namespace',
    plural: 'namespaces',
    shape: clusterShapes.namespace,
    shortNames: ['ns'],
    namespaced: false,
    subresources: ['status'],
    selectableFields: ['status.phase'],
    nameProblem: dnsLabelProblem,
    columns: namespaceColumns,
    defaults: namespaceDefaults,
  }),
  resourceType({
    ...core,
    kind: 'Node',
    plural: 'nodes',
    shape: clusterShapes.node,
    shortNames: ['no'],
    namespaced: false,
    subresources: ['status'],
    selectableFields: ['spec.unschedulable'],
    columns: nodeColumns,
  }),
  resourceType({
    ...core,
    kind: 'Pod',
    plural: 'pods',
    shape: pod,
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status'],
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
    columns: podColumns,
    defaults: podDefaults,
    validate: podProblems,
  }),
  resourceType({
    ...core,
    kind: 'Service',
    plural: 'services',
    shape: networkShapes.service,
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
    nameProblem: serviceNameProblem,
    selectableFields: ['spec.clusterIP', 'spec.type'],
    columns: serviceColumns,
    defaults: serviceDefaults,
    validate: serviceProblems,
  }),
  resourceType({
    ...core,
    kind: 'Endpoints',
    plural: 'endpoints',
    shape: networkShapes.endpoints,
    shortNames: ['ep'],
    columns: endpointsColumns,
    defaults: endpointsDefaults,
    validate: endpointsProblems,
  }),
  resourceType({
    ...core,
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    shape: clusterShapes.serviceAccount,
    shortNames: ['sa'],
    columns: serviceAccountColumns,
  }),
  resourceType({
    ...core,
    kind: 'ConfigMap',
    plural: 'configmaps',
    shape: clusterShapes.configMap,
    shortNames: ['cm'],
    columns: configMapColumns,
    validate: configMapProblems,
  }),
  resourceType({
    ...core,
    kind: 'Secret',
    plural: 'secrets',
    shape: clusterShapes.secret,
    selectableFields: ['type'],
    columns: secretColumns,
    defaults: secretDefaults,
    validate: secretProblems,
  }),
  resourceType({
    ...core,
    kind: 'Event',
    plural: 'events',
    shape: clusterShapes.event,
    shortNames: ['ev'],
    selectableFields: [
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'type',
    ],
    columns: eventColumns,
  }),
];

import { conditionsStatus, kindShape, labelSelector, objectReference } from './metadata.js';
import {
  flags,
  list,
  listBy,
  numbers,
  object,
  open,
  openObject,
  opens,
  textLists,
  textMap,
  textSet,
  texts,
} from './shape.js';

/** The shapes of the kinds that configure a cluster. */

export const namespace = kindShape({ spec: object(textLists('finalizers')), status: conditionsStatus });

const taint = object(texts('effect', 'key', 'timeAdded', 'value'));

export const node = kindShape({
  spec: object(texts('externalID', 'podCIDR', 'providerID'), flags('unschedulable'), opens('configSource'), {
    podCIDRs: textSet,
    taints: list(taint),
  }),
  status: openObject({ addresses: listBy('type', open), conditions: listBy('type', open) }),
});

export const serviceAccount = kindShape({
  ...flags('automountServiceAccountToken'),
  imagePullSecrets: list(object(texts('name'))),
  secrets: listBy('name', objectReference),
});

export const configMap = kindShape({ ...flags('immutable'), binaryData: textMap, data: textMap });

export const secret = kindShape({
  ...flags('immutable'),
  ...texts('type'),
  data: textMap,
  stringData: textMap,
});

export const event = kindShape({
  ...texts(
    'action',
    'eventTime',
    'firstTimestamp',
    'lastTimestamp',
    'message',
    'reason',
    'reportingComponent',
    'reportingInstance',
    'type',
  ),
  ...numbers('count'),
  involvedObject: objectReference,
  related: objectReference,
  series: object(texts('lastObservedTime'), numbers('count')),
  source: object(texts('component', 'host')),
});

export const lease = kindShape({
  spec: object(
    texts('acquireTime', 'holderIdentity', 'preferredHolder', 'renewTime', 'strategy'),
    numbers('leaseDurationSeconds', 'leaseTransitions'),
  ),
});

const rules = list(object(textLists('apiGroups', 'nonResourceURLs', 'resourceNames', 'resources', 'verbs')));

export const clusterRole = kindShape({
  aggregationRule: object({ clusterRoleSelectors: list(labelSelector) }),
  rules,
});

export const role = kindShape({ rules });

/** A RoleBinding, and a ClusterRoleBinding. */
export const binding = kindShape({
  roleRef: object(texts('apiGroup', 'kind', 'name')),
  subjects: list(object(texts('apiGroup', 'kind', 'name', 'namespace'))),
});

const version = object(texts('deprecationWarning', 'name'), flags('deprecated', 'served', 'storage'), {
  additionalPrinterColumns: list(
    object(texts('description', 'format', 'jsonPath', 'name', 'type'), numbers('priority')),
  ),
  schema: object(opens('openAPIV3Schema')),
  selectableFields: list(object(texts('jsonPath'))),
  subresources: object(opens('status'), {
    scale: object(texts('labelSelectorPath', 'specReplicasPath', 'statusReplicasPath')),
  }),
});

export const definition = kindShape({
  spec: object(texts('group', 'scope'), flags('preserveUnknownFields'), {
    conversion: object(texts('strategy'), opens('webhook')),
    names: object(texts('kind', 'listKind', 'plural', 'singular'), textLists('categories', 'shortNames')),
    versions: list(version),
  }),
  status: conditionsStatus,
});

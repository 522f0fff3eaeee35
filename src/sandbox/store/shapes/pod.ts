import { commonSecurity, container, ephemeralContainer, resourceRequirements } from './container.js';
import { kindShape, labelSelector, objectMeta } from './metadata.js';
import {
  flags,
  list,
  listBy,
  numberList,
  numbers,
  object,
  open,
  openObject,
  quantityMap,
  textLists,
  textMap,
  texts,
} from './shape.js';
import { volume } from './volume.js';

const nodeRequirement = object(texts('key', 'operator'), textLists('values'));

const nodeSelectorTerm = object({
  matchExpressions: list(nodeRequirement),
  matchFields: list(nodeRequirement),
});

const nodeAffinity = object({
  preferredDuringSchedulingIgnoredDuringExecution: list(
    object(numbers('weight'), { preference: nodeSelectorTerm }),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: object({ nodeSelectorTerms: list(nodeSelectorTerm) }),
});

const affinityTerm = object(
  texts('topologyKey'),
  textLists('matchLabelKeys', 'mismatchLabelKeys', 'namespaces'),
  { labelSelector, namespaceSelector: labelSelector },
);

const podAffinity = object({
  preferredDuringSchedulingIgnoredDuringExecution: list(
    object(numbers('weight'), { podAffinityTerm: affinityTerm }),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: list(affinityTerm),
});

const spreadConstraint = object(
  texts('nodeAffinityPolicy', 'nodeTaintsPolicy', 'topologyKey', 'whenUnsatisfiable'),
  numbers('maxSkew', 'minDomains'),
  textLists('matchLabelKeys'),
  { labelSelector },
);

const named = object(texts('name'));

export const podSpec = object(
  texts(
    'dnsPolicy',
    'hostname',
    'hostnameOverride',
    'nodeName',
    'preemptionPolicy',
    'priorityClassName',
    'restartPolicy',
    'runtimeClassName',
    'schedulerName',
    'serviceAccount',
    'serviceAccountName',
    'subdomain',
  ),
  numbers('activeDeadlineSeconds', 'priority', 'terminationGracePeriodSeconds'),
  flags(
    'automountServiceAccountToken',
    'enableServiceLinks',
    'hostIPC',
    'hostNetwork',
    'hostPID',
    'hostUsers',
    'setHostnameAsFQDN',
    'shareProcessNamespace',
  ),
  {
    affinity: object({ nodeAffinity, podAffinity, podAntiAffinity: podAffinity }),
    containers: listBy('name', container),
    dnsConfig: object(textLists('nameservers', 'searches'), {
      options: list(object(texts('name', 'value'))),
    }),
    ephemeralContainers: listBy('name', ephemeralContainer),
    hostAliases: listBy('ip', object(texts('ip'), textLists('hostnames'))),
    imagePullSecrets: listBy('name', named),
    initContainers: listBy('name', container),
    nodeSelector: textMap,
    os: named,
    overhead: quantityMap,
    readinessGates: list(object(texts('conditionType'))),
    resourceClaims: listBy('name', object(texts('name', 'resourceClaimName', 'resourceClaimTemplateName'))),
    resources: resourceRequirements,
    schedulingGates: listBy('name', named),
    securityContext: object(
      commonSecurity,
      texts('fsGroupChangePolicy', 'seLinuxChangePolicy', 'supplementalGroupsPolicy'),
      numbers('fsGroup'),
      { supplementalGroups: numberList, sysctls: list(object(texts('name', 'value'))) },
    ),
    tolerations: list(object(texts('effect', 'key', 'operator', 'value'), numbers('tolerationSeconds'))),
    topologySpreadConstraints: listBy('topologyKey', spreadConstraint),
    volumes: listBy('name', volume),
  },
);

/** core/v1 PodTemplateSpec. */
export const podTemplate = object({ metadata: objectMeta, spec: podSpec });

/** core/v1 Pod. */
export const pod = kindShape({
  spec: podSpec,
  status: openObject({
    conditions: listBy('type', open),
    hostIPs: listBy('ip', open),
    podIPs: listBy('ip', open),
  }),
});

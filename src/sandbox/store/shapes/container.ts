import {
  type Shape,
  flags,
  list,
  listBy,
  numberList,
  numbers,
  numbersOrTexts,
  object,
  quantityMap,
  textLists,
  texts,
} from './shape.js';
import { fieldReference, resourceFieldReference } from './volume.js';

const keyReference = object(texts('key', 'name'), flags('optional'));

const variable = object(texts('name', 'value'), {
  valueFrom: object({
    configMapKeyRef: keyReference,
    fieldRef: fieldReference,
    fileKeyRef: object(texts('key', 'path', 'volumeName'), flags('optional')),
    resourceFieldRef: resourceFieldReference,
    secretKeyRef: keyReference,
  }),
});

const variableSource = object(texts('prefix'), {
  configMapRef: object(texts('name'), flags('optional')),
  secretRef: object(texts('name'), flags('optional')),
});

const exec = object(textLists('command'));
const header = object(texts('name', 'value'));
const httpGet = object(texts('host', 'path', 'scheme'), numbersOrTexts('port'), {
  httpHeaders: list(header),
});
const tcpSocket = object(texts('host'), numbersOrTexts('port'));

const handler = object({ exec, httpGet, tcpSocket, sleep: object(numbers('seconds')) });
const lifecycle = object(texts('stopSignal'), { postStart: handler, preStop: handler });

const probe = object(
  numbers(
    'failureThreshold',
    'initialDelaySeconds',
    'periodSeconds',
    'successThreshold',
    'terminationGracePeriodSeconds',
    'timeoutSeconds',
  ),
  { exec, httpGet, tcpSocket, grpc: object(texts('service'), numbers('port')) },
);

export const resourceRequirements = object({
  claims: list(object(texts('name', 'request'))),
  limits: quantityMap,
  requests: quantityMap,
});

const profile = object(texts('localhostProfile', 'type'));

/** What the security contexts of pods and containers have in common. */
export const commonSecurity: Readonly<Record<string, Shape>> = {
  ...numbers('runAsGroup', 'runAsUser'),
  ...flags('runAsNonRoot'),
  appArmorProfile: profile,
  seccompProfile: profile,
  seLinuxOptions: object(texts('level', 'role', 'type', 'user')),
  windowsOptions: object(
    texts('gmsaCredentialSpec', 'gmsaCredentialSpecName', 'runAsUserName'),
    flags('hostProcess'),
  ),
};

const securityContext = object(
  commonSecurity,
  texts('procMount'),
  flags('allowPrivilegeEscalation', 'privileged', 'readOnlyRootFilesystem'),
  { capabilities: object(textLists('add', 'drop')) },
);

const restartRule = object(texts('action'), {
  exitCodes: object(texts('operator'), { values: numberList }),
});

const fields: Readonly<Record<string, Shape>> = {
  ...texts(
    'image',
    'imagePullPolicy',
    'name',
    'restartPolicy',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'workingDir',
  ),
  ...flags('stdin', 'stdinOnce', 'tty'),
  ...textLists('args', 'command'),
  env: listBy('name', variable),
  envFrom: list(variableSource),
  lifecycle,
  livenessProbe: probe,
  ports: listBy(
    'containerPort',
    object(texts('hostIP', 'name', 'protocol'), numbers('containerPort', 'hostPort')),
  ),
  readinessProbe: probe,
  resizePolicy: list(object(texts('resourceName', 'restartPolicy'))),
  resources: resourceRequirements,
  restartPolicyRules: list(restartRule),
  securityContext,
  startupProbe: probe,
  volumeDevices: listBy('devicePath', object(texts('devicePath', 'name'))),
  volumeMounts: listBy(
    'mountPath',
    object(
      texts('mountPath', 'mountPropagation', 'name', 'recursiveReadOnly', 'subPath', 'subPathExpr'),
      flags('readOnly'),
    ),
  ),
};

/** core/v1 Container. */
export const container = object(fields);

/** core/v1 EphemeralContainer. */
export const ephemeralContainer = object(fields, texts('targetContainerName'));

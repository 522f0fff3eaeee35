import { conditionsStatus, kindShape, labelSelector, objectMeta } from './metadata.js';
import { podTemplate } from './pod.js';
import {
  flags,
  list,
  numberList,
  numbers,
  numbersOrTexts,
  object,
  open,
  openObject,
  texts,
} from './shape.js';

/** The shapes of apps/v1 and batch/v1. */

const selected = { selector: labelSelector, template: podTemplate };
const rolling = object(texts('type'), {
  rollingUpdate: object(numbersOrTexts('maxSurge', 'maxUnavailable')),
});

export const deployment = kindShape({
  spec: object(
    numbers('minReadySeconds', 'progressDeadlineSeconds', 'replicas', 'revisionHistoryLimit'),
    flags('paused'),
    selected,
    { strategy: rolling },
  ),
  status: conditionsStatus,
});

export const replicaSet = kindShape({
  spec: object(numbers('minReadySeconds', 'replicas'), selected),
  status: conditionsStatus,
});

export const statefulSet = kindShape({
  spec: object(
    texts('podManagementPolicy', 'serviceName'),
    numbers('minReadySeconds', 'replicas', 'revisionHistoryLimit'),
    selected,
    {
      ordinals: object(numbers('start')),
      persistentVolumeClaimRetentionPolicy: object(texts('whenDeleted', 'whenScaled')),
      updateStrategy: object(texts('type'), {
        rollingUpdate: object(numbers('partition'), numbersOrTexts('maxUnavailable')),
      }),
      volumeClaimTemplates: list(open),
    },
  ),
  status: conditionsStatus,
});

export const daemonSet = kindShape({
  spec: object(numbers('minReadySeconds', 'revisionHistoryLimit'), selected, { updateStrategy: rolling }),
  status: conditionsStatus,
});

const failureRule = object(texts('action'), {
  onExitCodes: object(texts('containerName', 'operator'), { values: numberList }),
  onPodConditions: list(object(texts('status', 'type'))),
});

const jobSpec = object(
  texts('completionMode', 'managedBy', 'podReplacementPolicy'),
  numbers(
    'activeDeadlineSeconds',
    'backoffLimit',
    'backoffLimitPerIndex',
    'completions',
    'maxFailedIndexes',
    'parallelism',
    'ttlSecondsAfterFinished',
  ),
  flags('manualSelector', 'suspend'),
  selected,
  {
    podFailurePolicy: object({ rules: list(failureRule) }),
    successPolicy: object({ rules: list(object(texts('succeededIndexes'), numbers('succeededCount'))) }),
  },
);

export const job = kindShape({ spec: jobSpec, status: conditionsStatus });

export const cronJob = kindShape({
  spec: object(
    texts('concurrencyPolicy', 'schedule', 'timeZone'),
    numbers('failedJobsHistoryLimit', 'startingDeadlineSeconds', 'successfulJobsHistoryLimit'),
    flags('suspend'),
    { jobTemplate: object({ metadata: objectMeta, spec: jobSpec }) },
  ),
  status: openObject(),
});

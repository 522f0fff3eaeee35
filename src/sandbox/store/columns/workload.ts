import { type Column, ageColumn, column, nameColumn } from '../column.js';
import { ageOf, humanDuration } from '../duration.js';
import { at, isTrueAt, listAt, numberAt, recordsAt, stringMapAt, textAt } from '../field.js';
import type { Json, KubeObject } from '../object.js';
import { labelSelectorText, labelsText } from '../selector-text.js';

type Path = readonly (string | number)[];

export const deploymentColumns: readonly Column[] = [
  nameColumn,
  column('Ready', readyOfDesired),
  count('Up-to-date', 'status', 'updatedReplicas'),
  count('Available', 'status', 'availableReplicas'),
  ageColumn,
  ...templateColumns(['spec', 'template']),
  selectorColumn(),
];

export const replicaSetColumns: readonly Column[] = [
  nameColumn,
  count('Desired', 'spec', 'replicas'),
  count('Current', 'status', 'replicas'),
  count('Ready', 'status', 'readyReplicas'),
  ageColumn,
  ...templateColumns(['spec', 'template']),
  selectorColumn(),
];

export const statefulSetColumns: readonly Column[] = [
  nameColumn,
  column('Ready', readyOfDesired),
  ageColumn,
  ...templateColumns(['spec', 'template']),
];

export const daemonSetColumns: readonly Column[] = [
  nameColumn,
  count('Desired', 'status', 'desiredNumberScheduled'),
  count('Current', 'status', 'currentNumberScheduled'),
  count('Ready', 'status', 'numberReady'),
  count('Up-to-date', 'status', 'updatedNumberScheduled'),
  count('Available', 'status', 'numberAvailable'),
  column('Node Selector', (object) =>
    labelsText(stringMapAt(object, 'spec', 'template', 'spec', 'nodeSelector')),
  ),
  ageColumn,
  ...templateColumns(['spec', 'template']),
  selectorColumn(),
];

export const jobColumns: readonly Column[] = [
  nameColumn,
  column('Status', jobStatus),
  column('Completions', jobCompletions),
  column('Duration', jobDuration),
  ageColumn,
  ...templateColumns(['spec', 'template']),
  selectorColumn(),
];

export const cronJobColumns: readonly Column[] = [
  nameColumn,
  column('Schedule', (object) => textAt(object, 'spec', 'schedule') ?? ''),
  column('Timezone', (object) => textAt(object, 'spec', 'timeZone') ?? '<none>'),
  column('Suspend', (object) => (isTrueAt(object, 'spec', 'suspend') ? 'True' : 'False')),
  column('Active', (object) => listAt(object, 'status', 'active').length, { type: 'integer' }),
  column('Last Schedule', (object, now) => {
    const last = textAt(object, 'status', 'lastScheduleTime');
    return last === undefined ? '<none>' : ageOf(last, now);
  }),
  ageColumn,
  ...templateColumns(['spec', 'jobTemplate', 'spec', 'template']),
  column('Selector', (object) => labelSelectorText(at(object, 'spec', 'jobTemplate', 'spec', 'selector')), {
    wide: true,
  }),
];

function count(name: string, ...path: Path): Column {
  return column(name, (object) => numberAt(object, ...path) ?? 0, { type: 'integer' });
}

function readyOfDesired(object: KubeObject): Json {
  return `${numberAt(object, 'status', 'readyReplicas') ?? 0}/${numberAt(object, 'spec', 'replicas') ?? 0}`;
}

function templateColumns(template: Path): readonly Column[] {
  const joined = (field: string) => (object: KubeObject) =>
    recordsAt(object, ...template, 'spec', 'containers')
      .map((container) => textAt(container, field) ?? '')
      .join(',');
  return [
    column('Containers', joined('name'), { wide: true }),
    column('Images', joined('image'), { wide: true }),
  ];
}

function selectorColumn(): Column {
  return column('Selector', (object) => labelSelectorText(at(object, 'spec', 'selector')), { wide: true });
}

function jobStatus(job: KubeObject): Json {
  const conditions = recordsAt(job, 'status', 'conditions');
  const holds = (type: string): boolean =>
    conditions.some((one) => one['type'] === type && one['status'] === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running';
}

function jobCompletions(job: KubeObject): Json {
  const succeeded = numberAt(job, 'status', 'succeeded') ?? 0;
  const completions = numberAt(job, 'spec', 'completions');
  if (completions !== undefined) return `${succeeded}/${completions}`;
  const parallelism = numberAt(job, 'spec', 'parallelism') ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: KubeObject, now: Date): Json {
  const start = textAt(job, 'status', 'startTime');
  if (start === undefined) return '';
  const end = textAt(job, 'status', 'completionTime');
  return humanDuration((end === undefined ? now.getTime() : Date.parse(end)) - Date.parse(start));
}

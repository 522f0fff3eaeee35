import { at, fieldsAt, isFields, listAt, recordsAt, stringMapAt, textAt } from '../field.js';
import { jsonEqual } from '../immutable.js';
import type { KubeObject } from '../object.js';
import { type FieldProblem, forbiddenField, invalidValue, notSupported, required } from '../problem.js';
import { selectorMatches } from '../label-selector.js';
import { labelsProblems } from './metadata.js';
import { qualifiedNameProblem } from './name.js';
import { templateProblems } from './pod.js';

type Problems = readonly FieldProblem[];

export function deploymentProblems(object: KubeObject, previous: KubeObject | undefined): Problems {
  return [
    ...countProblems(object, ['replicas', 'minReadySeconds', 'revisionHistoryLimit']),
    ...selectedTemplateProblems(object, 'deployment'),
    ...strategyProblems(object, 'strategy', ['Recreate', 'RollingUpdate']),
    ...fixedFieldProblems(object, previous, 'selector'),
  ];
}

export function replicaSetProblems(object: KubeObject, previous: KubeObject | undefined): Problems {
  return [
    ...countProblems(object, ['replicas', 'minReadySeconds']),
    ...selectedTemplateProblems(object, 'replicaset'),
    ...fixedFieldProblems(object, previous, 'selector'),
  ];
}

export function statefulSetProblems(object: KubeObject, previous: KubeObject | undefined): Problems {
  const problems = [
    ...countProblems(object, ['replicas', 'minReadySeconds', 'revisionHistoryLimit']),
    ...selectedTemplateProblems(object, 'statefulset'),
    ...strategyProblems(object, 'updateStrategy', ['RollingUpdate', 'OnDelete']),
  ];
  if (previous && !jsonEqual(fixedStatefulSetPart(object), fixedStatefulSetPart(previous))) {
    problems.push(
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return problems;
}

export function daemonSetProblems(object: KubeObject, previous: KubeObject | undefined): Problems {
  return [
    ...countProblems(object, ['minReadySeconds', 'revisionHistoryLimit']),
    ...selectedTemplateProblems(object, 'daemonset'),
    ...strategyProblems(object, 'updateStrategy', ['OnDelete', 'RollingUpdate']),
    ...fixedFieldProblems(object, previous, 'selector'),
  ];
}

export function jobProblems(object: KubeObject, previous: KubeObject | undefined): Problems {
  return [
    ...countProblems(object, ['parallelism', 'completions', 'backoffLimit', 'activeDeadlineSeconds']),
    ...jobTemplateProblems(at(object, 'spec', 'template'), 'spec.template'),
    ...fixedFieldProblems(object, previous, 'selector'),
    ...fixedFieldProblems(object, previous, 'completions'),
  ];
}

export function cronJobProblems(object: KubeObject): Problems {
  const schedule = textAt(object, 'spec', 'schedule') ?? '';
  const words = schedule.trim().split(/\s+/);
  const problems: FieldProblem[] = [];
  if (schedule === '') problems.push(required('spec.schedule'));
  else if (words.length !== 5 && !schedule.startsWith('@')) {
    const detail = `expected exactly 5 fields, found ${words.length}: ${JSON.stringify(words)}`;
    problems.push(invalidValue('spec.schedule', schedule, detail));
  }
  const field = 'spec.jobTemplate.spec.template';
  return [...problems, ...jobTemplateProblems(at(object, 'spec', 'jobTemplate', 'spec', 'template'), field)];
}

function jobTemplateProblems(template: unknown, field: string): Problems {
  const policies = ['OnFailure', 'Never'];
  // Defaulting turns a missing policy into Always, which no Job can have.
  if (textAt(template, 'spec', 'restartPolicy') === 'Always') {
    const missing = required(`${field}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"');
    return [...templateProblems(template, field, knownPolicies), missing];
  }
  return templateProblems(template, field, policies);
}

const knownPolicies = ['Always', 'OnFailure', 'Never'];

function countProblems(object: KubeObject, fields: readonly string[]): Problems {
  return fields.flatMap((field) => {
    const value = at(object, 'spec', field);
    if (value === undefined) return [];
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      return [invalidValue(`spec.${field}`, value, 'must be an integer')];
    }
    return value < 0 ? [invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0')] : [];
  });
}

function selectedTemplateProblems(object: KubeObject, noun: string): Problems {
  const selector = at(object, 'spec', 'selector');
  const template = at(object, 'spec', 'template');
  const problems = [
    ...selectorProblems(selector, 'spec.selector', noun),
    ...templateProblems(template, 'spec.template'),
  ];
  const labels = stringMapAt(template, 'metadata', 'labels');
  if (isFields(selector) && !isEmptySelector(selector) && !selectorMatches(selector, labels)) {
    const field = 'spec.template.metadata.labels';
    problems.push(invalidValue(field, labels, '`selector` does not match template `labels`'));
  }
  return problems;
}

function isEmptySelector(selector: unknown): boolean {
  const labels = Object.keys(fieldsAt(selector, 'matchLabels') ?? {});
  return labels.length === 0 && listAt(selector, 'matchExpressions').length === 0;
}

function selectorProblems(selector: unknown, field: string, noun: string): Problems {
  if (!isFields(selector)) return [required(field)];
  if (isEmptySelector(selector)) {
    return [invalidValue(field, selector, `empty selector is invalid for ${noun}`)];
  }
  const problems = [...labelsProblems(at(selector, 'matchLabels'), `${field}.matchLabels`)];
  for (const [index, expression] of recordsAt(selector, 'matchExpressions').entries()) {
    problems.push(...expressionProblems(expression, `${field}.matchExpressions[${index}]`));
  }
  return problems;
}

function expressionProblems(expression: unknown, field: string): Problems {
  const key = textAt(expression, 'key') ?? '';
  const operator = at(expression, 'operator');
  const values = listAt(expression, 'values');
  const problems: FieldProblem[] = [];
  const keyProblem = qualifiedNameProblem(key);
  if (keyProblem !== undefined) problems.push(invalidValue(`${field}.key`, key, keyProblem));
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      problems.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      problems.push(forbiddenField(`${field}.values`, detail));
    }
  } else {
    problems.push(invalidValue(`${field}.operator`, operator ?? '', 'not a valid selector operator'));
  }
  return problems;
}

function strategyProblems(object: KubeObject, name: string, supported: readonly string[]): Problems {
  const field = `spec.${name}`;
  const type = at(object, 'spec', name, 'type');
  if (type === undefined) return [];
  if (typeof type !== 'string' || !supported.includes(type)) {
    return [notSupported(`${field}.type`, type, supported)];
  }
  if (type === 'RollingUpdate') return rollingProblems(fieldsAt(object, 'spec', name), field);
  if (at(object, 'spec', name, 'rollingUpdate') === undefined) return [];
  return [
    forbiddenField(`${field}.rollingUpdate`, `may not be specified when strategy \`type\` is '${type}'`),
  ];
}

function rollingProblems(strategy: unknown, field: string): Problems {
  const names = ['maxUnavailable', 'maxSurge'] as const;
  const values = names.map((name) => at(strategy, 'rollingUpdate', name));
  const problems = names.flatMap((name, index) => {
    const value = values[index];
    const valid =
      value === undefined ||
      (typeof value === 'number' && Number.isInteger(value) && value >= 0) ||
      (typeof value === 'string' && /^[0-9]+%$/.test(value));
    const detail = 'must be an integer of at least 0 or a percentage (e.g. "25%")';
    return valid ? [] : [invalidValue(`${field}.rollingUpdate.${name}`, value, detail)];
  });
  const isZero = (value: unknown): boolean => value === 0 || value === '0%';
  if (values.every(isZero)) {
    const detail = 'may not be 0 when `maxSurge` is 0';
    problems.push(invalidValue(`${field}.rollingUpdate.maxUnavailable`, values[0], detail));
  }
  return problems;
}

/** A field of the spec that is settled by the create. */
export function fixedFieldProblems(
  object: KubeObject,
  previous: KubeObject | undefined,
  field: string,
): Problems {
  if (!previous || jsonEqual(at(object, 'spec', field), at(previous, 'spec', field))) return [];
  return [invalidValue(`spec.${field}`, at(object, 'spec', field), 'field is immutable')];
}

function fixedStatefulSetPart(object: KubeObject): unknown {
  const {
    replicas: _,
    ordinals: __,
    template: ___,
    updateStrategy: ____,
    persistentVolumeClaimRetentionPolicy: _____,
    minReadySeconds: ______,
    revisionHistoryLimit: _______,
    ...rest
  } = fieldsAt(object, 'spec') ?? {};
  return rest;
}

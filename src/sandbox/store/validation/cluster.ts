import { at, fieldsAt, isFields, listAt, textAt } from '../field.js';
import { jsonEqual } from '../immutable.js';
import type { KubeObject } from '../object.js';
import { type FieldProblem, forbiddenField, invalidValue, notSupported, required } from '../problem.js';
import { dnsSubdomainProblem } from './name.js';

type Problems = readonly FieldProblem[];

export function configMapProblems(map: KubeObject, previous: KubeObject | undefined): Problems {
  return [
    ...dataProblems(map, 'data', (value) => (typeof value === 'string' ? undefined : 'must be a string')),
    ...dataProblems(map, 'binaryData', base64Problem),
    ...sealedProblems(map, previous, ['data', 'binaryData']),
  ];
}

export function secretProblems(secret: KubeObject, previous: KubeObject | undefined): Problems {
  const problems = [
    ...dataProblems(secret, 'data', base64Problem),
    ...sealedProblems(secret, previous, ['data']),
  ];
  if (previous && !jsonEqual(secret['type'], previous['type'])) {
    problems.push(invalidValue('type', secret['type'], 'field is immutable'));
  }
  return problems;
}

function dataProblems(
  object: KubeObject,
  field: string,
  problemOf: (value: unknown) => string | undefined,
): Problems {
  const data = object[field];
  if (data === undefined) return [];
  if (!isFields(data)) return [invalidValue(field, data, 'must be a map')];
  return Object.entries(data).flatMap(([key, value]) => {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      const detail =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
      return [invalidValue(`${field}[${key}]`, key, detail)];
    }
    const problem = problemOf(value);
    return problem === undefined ? [] : [invalidValue(`${field}[${key}]`, value, problem)];
  });
}

function base64Problem(value: unknown): string | undefined {
  const valid =
    typeof value === 'string' && value.length % 4 === 0 && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value);
  return valid ? undefined : 'must be base64';
}

function sealedProblems(
  object: KubeObject,
  previous: KubeObject | undefined,
  fields: readonly string[],
): Problems {
  if (previous?.['immutable'] !== true) return [];
  return [...fields, 'immutable']
    .filter((field) => !jsonEqual(object[field], previous[field]))
    .map((field) => forbiddenField(field, 'field is immutable when `immutable` is set'));
}

export function bindingProblems(binding: KubeObject, previous: KubeObject | undefined): Problems {
  const problems: FieldProblem[] = [];
  const kind = at(binding, 'roleRef', 'kind');
  const kinds = binding.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ['Role', 'ClusterRole'];
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    problems.push(notSupported('roleRef.kind', kind ?? '', kinds));
  }
  if ((textAt(binding, 'roleRef', 'name') ?? '') === '') problems.push(required('roleRef.name'));
  for (const [index, subject] of listAt(binding, 'subjects').entries()) {
    const field = `subjects[${index}]`;
    const subjectKind = at(subject, 'kind');
    const subjectKinds = ['ServiceAccount', 'User', 'Group'];
    if (typeof subjectKind !== 'string' || !subjectKinds.includes(subjectKind)) {
      problems.push(notSupported(`${field}.kind`, subjectKind ?? '', subjectKinds));
    }
    if ((textAt(subject, 'name') ?? '') === '') problems.push(required(`${field}.name`));
    if (subjectKind === 'ServiceAccount' && (textAt(subject, 'namespace') ?? '') === '') {
      problems.push(required(`${field}.namespace`));
    }
  }
  if (previous && !jsonEqual(binding['roleRef'], previous['roleRef'])) {
    problems.push(invalidValue('roleRef', binding['roleRef'], 'cannot change roleRef'));
  }
  return problems;
}

export function definitionProblems(definition: KubeObject): Problems {
  const group = textAt(definition, 'spec', 'group') ?? '';
  const plural = textAt(definition, 'spec', 'names', 'plural') ?? '';
  const scope = at(definition, 'spec', 'scope');
  const problems: FieldProblem[] = [];
  if (dnsSubdomainProblem(group) !== undefined) {
    problems.push(group === '' ? required('spec.group') : invalidValue('spec.group', group));
  }
  if (plural === '') problems.push(required('spec.names.plural'));
  if ((textAt(definition, 'spec', 'names', 'kind') ?? '') === '') problems.push(required('spec.names.kind'));
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    problems.push(notSupported('spec.scope', scope ?? '', ['Cluster', 'Namespaced']));
  }
  if (problems.length === 0 && definition.metadata.name !== `${plural}.${group}`) {
    const detail = 'must be spec.names.plural+"."+spec.group';
    problems.push(invalidValue('metadata.name', definition.metadata.name, detail));
  }
  return [...problems, ...versionsProblems(definition)];
}

function versionsProblems(definition: KubeObject): Problems {
  const versions = listAt(definition, 'spec', 'versions');
  const storage = versions.filter((version) => at(version, 'storage') === true);
  const problems = versions.flatMap((version, index) => {
    const field = `spec.versions[${index}]`;
    const unnamed = (textAt(version, 'name') ?? '') === '';
    const schemaless = fieldsAt(version, 'schema', 'openAPIV3Schema') === undefined;
    return [
      ...(unnamed ? [required(`${field}.name`)] : []),
      ...(schemaless ? [required(`${field}.schema.openAPIV3Schema`, 'schemas are required')] : []),
    ];
  });
  if (storage.length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    problems.push(
      invalidValue(
        'spec.versions',
        versions.map((version) => at(version, 'name')),
        detail,
      ),
    );
  }
  return problems;
}

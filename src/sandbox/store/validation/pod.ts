import { at, fieldsAt, isFields, listAt, recordsAt, textAt } from '../field.js';
import { jsonEqual } from '../immutable.js';
import type { KubeObject } from '../object.js';
import {
  type FieldProblem,
  duplicate,
  duplicates,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../problem.js';
import { labelsProblems } from './metadata.js';
import { dnsLabelProblem, portNameProblem } from './name.js';
import { portProblems, protocols } from './port.js';

export function podProblems(pod: KubeObject, previous: KubeObject | undefined): readonly FieldProblem[] {
  return [...podSpecProblems(pod['spec'], 'spec'), ...(previous ? podUpdateProblems(pod, previous) : [])];
}

/** Checks a pod template; workloads that keep their pods running allow no other restart policy than Always. */
export function templateProblems(
  template: unknown,
  field: string,
  restartPolicies: readonly string[] = ['Always'],
): readonly FieldProblem[] {
  const problems = [
    ...labelsProblems(at(template, 'metadata', 'labels'), `${field}.metadata.labels`),
    ...podSpecProblems(at(template, 'spec'), `${field}.spec`),
  ];
  const policy = textAt(template, 'spec', 'restartPolicy');
  if (policy !== undefined && knownRestartPolicies.includes(policy) && !restartPolicies.includes(policy)) {
    problems.push(notSupported(`${field}.spec.restartPolicy`, policy, restartPolicies));
  }
  return problems;
}

const knownRestartPolicies = ['Always', 'OnFailure', 'Never'];

function podSpecProblems(spec: unknown, field: string): readonly FieldProblem[] {
  const containers = listAt(spec, 'containers');
  const volumes = recordsAt(spec, 'volumes').map(({ name }) => name);
  const policy = at(spec, 'restartPolicy');
  const problems: FieldProblem[] = [];
  if (containers.length === 0) problems.push(required(`${field}.containers`));
  for (const list of ['containers', 'initContainers']) {
    for (const [index, container] of listAt(spec, list).entries()) {
      problems.push(...containerProblems(container, `${field}.${list}[${index}]`, volumes));
    }
    problems.push(...duplicates(listAt(spec, list), 'name', `${field}.${list}`));
  }
  problems.push(...duplicates(listAt(spec, 'volumes'), 'name', `${field}.volumes`));
  if (policy !== undefined && !(typeof policy === 'string' && knownRestartPolicies.includes(policy))) {
    problems.push(notSupported(`${field}.restartPolicy`, policy, knownRestartPolicies));
  }
  problems.push(...labelsProblems(at(spec, 'nodeSelector'), `${field}.nodeSelector`));
  return problems;
}

function containerProblems(
  container: unknown,
  field: string,
  volumes: readonly unknown[],
): readonly FieldProblem[] {
  const name = textAt(container, 'name') ?? '';
  const nameProblem = dnsLabelProblem(name);
  const problems: FieldProblem[] = [];
  if (name === '') problems.push(required(`${field}.name`));
  else if (nameProblem !== undefined) problems.push(invalidValue(`${field}.name`, name, nameProblem));
  if ((textAt(container, 'image') ?? '') === '') problems.push(required(`${field}.image`));
  problems.push(...containerPortsProblems(container, field));
  for (const [index, variable] of listAt(container, 'env').entries()) {
    if ((textAt(variable, 'name') ?? '') === '') problems.push(required(`${field}.env[${index}].name`));
    const value = at(variable, 'value');
    if (value !== undefined && typeof value !== 'string') {
      problems.push(invalidValue(`${field}.env[${index}].value`, value, 'must be a string'));
    }
  }
  for (const [index, mount] of listAt(container, 'volumeMounts').entries()) {
    const volume = at(mount, 'name');
    if (!volumes.includes(volume)) {
      problems.push(notFoundValue(`${field}.volumeMounts[${index}].name`, volume ?? ''));
    }
  }
  return problems;
}

function containerPortsProblems(container: unknown, field: string): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, port] of listAt(container, 'ports').entries()) {
    const path = `${field}.ports[${index}]`;
    const name = textAt(port, 'name') ?? '';
    const nameProblem = name === '' ? undefined : portNameProblem(name);
    const protocol = at(port, 'protocol');
    if (nameProblem !== undefined) problems.push(invalidValue(`${path}.name`, name, nameProblem));
    if (name !== '' && names.has(name)) problems.push(duplicate(`${path}.name`, name));
    names.add(name);
    const number = at(port, 'containerPort');
    if (number === undefined) problems.push(required(`${path}.containerPort`));
    else problems.push(...portProblems(number, `${path}.containerPort`));
    if (!protocols.includes(String(protocol))) {
      problems.push(notSupported(`${path}.protocol`, protocol, protocols));
    }
  }
  return problems;
}

/** A pod's containers run as they were created: only what doesn't concern their processes, or their image, may change. */
function podUpdateProblems(pod: KubeObject, previous: KubeObject): readonly FieldProblem[] {
  if (jsonEqual(fixedPart(pod), fixedPart(previous)) && bindingStays(pod, previous)) return [];
  return [
    forbiddenField(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}

/** Writing `spec.nodeName` once is how a scheduler without the `binding` subresource binds a pod. */
function bindingStays(pod: KubeObject, previous: KubeObject): boolean {
  const before = textAt(previous, 'spec', 'nodeName') ?? '';
  return before === '' || before === textAt(pod, 'spec', 'nodeName');
}

function fixedPart(pod: KubeObject): unknown {
  const {
    activeDeadlineSeconds: _,
    tolerations: __,
    terminationGracePeriodSeconds: ___,
    nodeName: ____,
    ...rest
  } = fieldsAt(pod, 'spec') ?? {};
  return {
    ...rest,
    containers: withoutImages(rest['containers']),
    initContainers: withoutImages(rest['initContainers']),
  };
}

function withoutImages(containers: unknown): readonly unknown[] {
  return (Array.isArray(containers) ? containers : []).map((container: unknown) => {
    if (!isFields(container)) return container;
    // The default pull policy follows from the image.
    const { image: _, imagePullPolicy: __, ...rest } = container;
    return rest;
  });
}

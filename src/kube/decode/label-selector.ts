import type { LabelRequirement, LabelSelector } from '../../core/labels.js';
import type { JsonNode, Problem } from './json-node.js';

/**
 * A LabelSelector (meta/v1). Undefined, which selects nothing, where there is none, and where any part of it is invalid:
 * with a requirement less it would select more than was meant. An empty one selects everything.
 */
export function decodeLabelSelector(selector: JsonNode, warnings: Problem[]): LabelSelector | undefined {
  if (!selector.exists) return undefined;
  const node = selector.apart();
  const requirements: LabelRequirement[] = [];
  const matchLabels = node.get('matchLabels');
  for (const [label, value] of Object.entries(matchLabels.strings())) {
    const field = matchLabels.get(label);
    if (!isLabelName(label)) field.note(validName);
    else if (!isLabelValue(value)) field.note(validValue);
    requirements.push({ kind: 'in', label, values: [value] });
  }
  for (const each of node.get('matchExpressions').items()) {
    const requirement = decodeExpression(each);
    if (requirement !== undefined) requirements.push(requirement);
  }
  node.tellProblems(warnings);
  return node.problems.length === 0 ? requirements : undefined;
}

function decodeExpression(expression: JsonNode): LabelRequirement | undefined {
  const key = expression.get('key');
  const label = key.requiredString();
  if (label !== '' && !isLabelName(label)) key.note(validName);
  const operator = expression.get('operator');
  const values = expression.get('values');
  switch (operator.string() ?? '') {
    case 'In':
      return { kind: 'in', label, values: decodeValues(values) };
    case 'NotIn':
      return { kind: 'not-in', label, values: decodeValues(values) };
    case 'Exists':
      if (values.items().length > 0) values.note('no values, for the operator Exists');
      return { kind: 'exists', label };
    case 'DoesNotExist':
      if (values.items().length > 0) values.note('no values, for the operator DoesNotExist');
      return { kind: 'absent', label };
    default:
      operator.note('one of In, NotIn, Exists, DoesNotExist');
      return undefined;
  }
}

function decodeValues(list: JsonNode): readonly string[] {
  const values: string[] = [];
  const nodes = list.items();
  if (nodes.length === 0) list.note('a list of at least one value');
  for (const node of nodes) {
    const value = node.string();
    if (value !== undefined && isLabelValue(value)) values.push(value);
    else node.note(validValue);
  }
  return values;
}

const validName = 'a valid label name';
const validValue = 'a valid label value';

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set

const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const labelPrefix = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function isLabelValue(text: string): boolean {
  return labelValue.test(text);
}

function isLabelName(text: string): boolean {
  const slash = text.indexOf('/');
  const prefix = slash === -1 ? undefined : text.slice(0, slash);
  const name = text.slice(slash + 1);
  const validPrefix = prefix === undefined || (prefix.length <= 253 && labelPrefix.test(prefix));
  return validPrefix && name !== '' && isLabelValue(name);
}

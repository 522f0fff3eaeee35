/** Whether an object's labels meet a query. */
export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/**
 * Parses a label selector as it stands in a URL: requirements joined by commas, all of which must hold. Forms:
 * `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key>1`, `key<1`.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 */
export function parseLabelQuery(text: string): Parsed<LabelPredicate> {
  const requirements: LabelPredicate[] = [];
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim());
    if (!requirement)
      return { ok: false, problem: `unable to parse requirement: ${JSON.stringify(part.trim())}` };
    requirements.push(requirement);
  }
  return { ok: true, value: (labels) => requirements.every((requirement) => requirement(labels)) };
}

const key = String.raw`((?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)`;
const word = String.raw`((?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?)`;
const exists = new RegExp(`^(!?)\\s*${key}$`);
const compares = new RegExp(`^${key}\\s*(==|=|!=)\\s*${word}$`);
const orders = new RegExp(`^${key}\\s*([<>])\\s*(-?[0-9]+)$`);
const includes = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const wholeWord = new RegExp(`^${word}$`);

function splitOutsideParentheses(text: string): readonly string[] {
  if (text.trim() === '') return [];
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): LabelPredicate | undefined {
  const existence = exists.exec(text);
  if (existence) {
    const [, not, name = ''] = existence;
    return (labels) => Object.hasOwn(labels, name) === (not === '');
  }
  const comparison = compares.exec(text);
  if (comparison) {
    const [, name = '', operator, value] = comparison;
    return operator === '!=' ? (labels) => labels[name] !== value : (labels) => labels[name] === value;
  }
  const order = orders.exec(text);
  if (order) {
    const [, name = '', operator, bound = ''] = order;
    return (labels) => {
      const value = labels[name];
      if (value === undefined || !/^-?[0-9]+$/.test(value)) return false;
      return operator === '>' ? Number(value) > Number(bound) : Number(value) < Number(bound);
    };
  }
  return parseSet(text);
}

function parseSet(text: string): LabelPredicate | undefined {
  const set = includes.exec(text);
  if (!set) return undefined;
  const [, name = '', operator, list = ''] = set;
  const values = list.split(',').map((value) => value.trim());
  if (!values.every((value) => wholeWord.test(value))) return undefined;
  const contains = (labels: Readonly<Record<string, string>>): boolean => {
    const value = labels[name];
    return value !== undefined && values.includes(value);
  };
  return operator === 'in' ? contains : (labels) => !contains(labels);
}

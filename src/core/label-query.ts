import type { LabelRequirement, LabelSelector } from './labels.js';

export type ParsedLabelQuery =
  | { readonly ok: true; readonly value: LabelSelector }
  | { readonly ok: false; readonly problem: string };

/** Longer than anything that Kubernetes accepts in a URL. */
const maxLength = 8_192;

/**
 * Parses a label selector as people write it for kubectl: requirements joined by commas, all of which must hold. Forms:
 * `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`. Empty: everything matches.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function parseLabelQuery(text: string): ParsedLabelQuery {
  if (text.length > maxLength) {
    return {
      ok: false,
      problem: `a label selector of ${text.length} characters; expected at most ${maxLength}`,
    };
  }
  if (text.trim() === '') return { ok: true, value: [] };
  const requirements: LabelRequirement[] = [];
  for (const part of splitRequirements(text)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) {
      const shown = part.length > 100 ? `${part.slice(0, 100)}…` : part;
      return {
        ok: false,
        problem: `${JSON.stringify(shown.trim())} is no label requirement; expected key, !key, key=value, key!=value, key in (a,b) or key notin (a,b)`,
      };
    }
    requirements.push(requirement);
  }
  return { ok: true, value: requirements };
}

// By hand: a regular expression that looks ahead from each comma takes a tenth of a second over 8,192 of them.
function splitRequirements(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isInList = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '(') isInList = true;
    else if (character === ')') isInList = false;
    else if (character === ',' && !isInList) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const key = String.raw`((?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)`;
const word = String.raw`((?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?)`;
const existence = new RegExp(`^(!?)\\s*${key}$`);
const comparison = new RegExp(`^${key}\\s*(==|=|!=)\\s*${word}$`);
const membership = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const wholeWord = new RegExp(`^${word}$`);

function parseRequirement(text: string): LabelRequirement | undefined {
  const exists = existence.exec(text);
  if (exists) {
    const [, not, label = ''] = exists;
    return { kind: not === '' ? 'exists' : 'absent', label };
  }
  const compares = comparison.exec(text);
  if (compares) {
    const [, label = '', operator, value = ''] = compares;
    return { kind: operator === '!=' ? 'not-in' : 'in', label, values: [value] };
  }
  const contains = membership.exec(text);
  if (!contains) return undefined;
  const [, label = '', operator, list = ''] = contains;
  const values = list.split(',').map((value) => value.trim());
  return values.every((value) => wholeWord.test(value))
    ? { kind: operator === 'in' ? 'in' : 'not-in', label, values }
    : undefined;
}

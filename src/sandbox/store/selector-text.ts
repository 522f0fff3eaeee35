import { isFields, listAt, recordsAt, stringMapAt, textAt } from './field.js';

/** `app=web,tier=front`, by key; `<none>` where there is no label. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return texts.length === 0 ? '<none>' : texts.sort().join(',');
}

/** A meta/v1 LabelSelector as it stands in a query, `app=web,env in (a,b),!old`; `<none>` where it is empty or absent. */
export function labelSelectorText(selector: unknown): string {
  if (!isFields(selector)) return '<none>';
  const texts = [
    ...Object.entries(stringMapAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`),
    ...recordsAt(selector, 'matchExpressions').map(expressionText),
  ];
  return texts.length === 0 ? '<none>' : texts.sort().join(',');
}

function expressionText(expression: Readonly<Record<string, unknown>>): string {
  const key = textAt(expression, 'key') ?? '';
  const values = [...listAt(expression, 'values')].map(String).sort().join(',');
  switch (textAt(expression, 'operator') ?? '') {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return '<error>';
  }
}

import { type Fields, listAt, recordsAt, stringMapAt, textAt } from './field.js';

/** Whether labels meet a meta/v1 LabelSelector. An empty selector matches everything; an unknown operator nothing. */
export function selectorMatches(selector: Fields, labels: Readonly<Record<string, string>>): boolean {
  const pairs = Object.entries(stringMapAt(selector, 'matchLabels'));
  if (!pairs.every(([key, value]) => labels[key] === value)) return false;
  return recordsAt(selector, 'matchExpressions').every((expression) => {
    const value = labels[textAt(expression, 'key') ?? ''];
    const values = listAt(expression, 'values');
    switch (textAt(expression, 'operator') ?? '') {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

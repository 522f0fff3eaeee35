import { at, isFields } from './field.js';

/**
 * Evaluates the part of JSONPath that printer columns use: `.spec.size`, `.spec.ports[0]`, `.metadata.labels.a\.b`,
 * `['a.b']`, `.items[*].name` and `.status.conditions[?(@.type=="Ready")].status`. Several matches give the first, as
 * kubectl prints it; no match, or a path in another form, gives undefined.
 */
export function valueAtJsonPath(root: unknown, path: string): unknown {
  const steps = parseSteps(path);
  if (!steps) return undefined;
  let values: readonly unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => walk(value, step));
  return values[0];
}

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'every' }
  | { readonly kind: 'where'; readonly path: readonly string[]; readonly value: string };

const field = /^\.((?:\\.|[^.[\\])+)/;
const quotedField = /^\[(?:'([^']*)'|"([^"]*)")\]/;
const index = /^\[(-?\d+)\]/;
const every = /^\[\*\]/;
const where = /^\[\?\(@((?:\.[^.=\s]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\s*\)\]/;

function parseSteps(path: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.startsWith('$') ? path.slice(1) : path;
  while (rest !== '') {
    const parsed = parseStep(rest);
    if (!parsed) return undefined;
    steps.push(parsed.step);
    rest = rest.slice(parsed.length);
  }
  return steps;
}

function parseStep(text: string): { readonly step: Step; readonly length: number } | undefined {
  const named = field.exec(text);
  if (named) {
    const name = (named[1] ?? '').replaceAll(/\\(.)/g, '$1');
    return { step: { kind: 'field', name }, length: named[0].length };
  }
  const quoted = quotedField.exec(text);
  if (quoted)
    return { step: { kind: 'field', name: quoted[1] ?? quoted[2] ?? '' }, length: quoted[0].length };
  const numbered = index.exec(text);
  if (numbered) return { step: { kind: 'index', index: Number(numbered[1]) }, length: numbered[0].length };
  const all = every.exec(text);
  if (all) return { step: { kind: 'every' }, length: all[0].length };
  const filter = where.exec(text);
  if (!filter) return undefined;
  const value = filter[2] ?? filter[3] ?? filter[4] ?? '';
  const path = (filter[1] ?? '').slice(1).split('.');
  return { step: { kind: 'where', path, value }, length: filter[0].length };
}

function walk(value: unknown, step: Step): readonly unknown[] {
  switch (step.kind) {
    case 'field': {
      const found = at(value, step.name);
      return found === undefined ? [] : [found];
    }
    case 'index': {
      const found: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'every':
      if (Array.isArray(value)) return value;
      return isFields(value) ? Object.values(value) : [];
    case 'where':
      return Array.isArray(value)
        ? value.filter((member) => textOf(at(member, ...step.path)) === step.value)
        : [];
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value === undefined ? undefined : JSON.stringify(value);
}

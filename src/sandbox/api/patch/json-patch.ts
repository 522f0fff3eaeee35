import { at, isFields, textAt } from '../../store/field.js';
import { jsonEqual } from '../../store/immutable.js';
import { type Patched, inapplicable, malformed, patched } from './result.js';

/** More operations than this are refused, as the API server does. */
const maxOperations = 10_000;

type Pointer = readonly string[];

/** Applies a JSON patch (RFC 6902): all of its operations or, where one fails, none. The document is left as it is. */
export function applyJsonPatch(document: unknown, operations: unknown): Patched {
  if (!Array.isArray(operations)) return malformed('a JSON patch must be a list of operations');
  if (operations.length > maxOperations) {
    return malformed(
      `the allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  let current: Patched = patched(document);
  for (const operation of operations) {
    if (!current.ok) return current;
    current = applyOperation(current.value, operation);
  }
  return current;
}

function applyOperation(document: unknown, operation: unknown): Patched {
  const path = parsePointer(textAt(operation, 'path'));
  if (!path) return malformed(`operation has no valid path: ${JSON.stringify(operation)}`);
  const name = textAt(operation, 'op');
  switch (name ?? '') {
    case 'add':
    case 'replace':
    case 'test': {
      const value = at(operation, 'value');
      if (value === undefined) return malformed(`operation ${String(name)} has no value`);
      if (name === 'add') return changed(document, path, { kind: 'add', value });
      if (name === 'replace') return changed(document, path, { kind: 'replace', value });
      const found = valueAt(document, path);
      return found.present && jsonEqual(found.value, value)
        ? patched(document)
        : inapplicable(`testing value ${pointerText(path)} failed: test failed`);
    }
    case 'remove':
      return changed(document, path, { kind: 'remove' });
    case 'move':
    case 'copy': {
      const from = parsePointer(textAt(operation, 'from'));
      if (!from) return malformed(`operation ${String(name)} has no valid from`);
      return transferred(document, from, path, name === 'move');
    }
    default:
      return malformed(`unexpected kind: ${JSON.stringify(name)}`);
  }
}

function transferred(document: unknown, from: Pointer, path: Pointer, isMove: boolean): Patched {
  const source = valueAt(document, from);
  if (!source.present) return inapplicable(`path ${pointerText(from)} does not exist: missing value`);
  const inside = path.length > from.length && from.every((step, index) => step === path[index]);
  if (isMove && inside) return inapplicable(`cannot move ${pointerText(from)} into itself`);
  const rest = isMove ? changed(document, from, { kind: 'remove' }) : patched(document);
  return rest.ok ? changed(rest.value, path, { kind: 'add', value: source.value }) : rest;
}

type Change =
  | { readonly kind: 'add'; readonly value: unknown }
  | { readonly kind: 'replace'; readonly value: unknown }
  | { readonly kind: 'remove' };

function changed(document: unknown, path: Pointer, change: Change): Patched {
  const [step, ...rest] = path;
  if (step === undefined) {
    return change.kind === 'remove'
      ? inapplicable('cannot remove the whole document')
      : patched(change.value);
  }
  if (rest.length === 0) return changedHere(document, step, change);
  const child = childAt(document, step);
  if (!child.present) return inapplicable(`doc is missing path: ${pointerText(path)}: missing value`);
  const inner = changed(child.value, rest, change);
  if (!inner.ok) return inner;
  if (Array.isArray(document)) return patched(document.with(Number(step), inner.value));
  return patched({ ...(isFields(document) ? document : {}), [step]: inner.value });
}

function changedHere(parent: unknown, step: string, change: Change): Patched {
  if (Array.isArray(parent)) return changedList(parent, step, change);
  if (!isFields(parent)) return inapplicable(`no object or list to change at ${JSON.stringify(step)}`);
  if (change.kind !== 'add' && !Object.hasOwn(parent, step)) {
    return inapplicable(`unable to ${change.kind} nonexistent key: ${step}: missing value`);
  }
  if (change.kind !== 'remove') return patched({ ...parent, [step]: change.value });
  return patched(Object.fromEntries(Object.entries(parent).filter(([name]) => name !== step)));
}

function changedList(parent: readonly unknown[], step: string, change: Change): Patched {
  const index = step === '-' && change.kind === 'add' ? parent.length : parseIndex(step);
  const last = change.kind === 'add' ? parent.length : parent.length - 1;
  if (index === undefined || index > last) return inapplicable(`unable to access invalid index: ${step}`);
  switch (change.kind) {
    case 'add':
      return patched(parent.toSpliced(index, 0, change.value));
    case 'replace':
      return patched(parent.with(index, change.value));
    case 'remove':
      return patched(parent.toSpliced(index, 1));
  }
}

type Found = { readonly present: true; readonly value: unknown } | { readonly present: false };

function valueAt(document: unknown, path: Pointer): Found {
  let found: Found = { present: true, value: document };
  for (const step of path) {
    if (!found.present) return found;
    found = childAt(found.value, step);
  }
  return found;
}

function childAt(parent: unknown, step: string): Found {
  if (Array.isArray(parent)) {
    const index = parseIndex(step);
    return index !== undefined && index < parent.length
      ? { present: true, value: parent[index] }
      : { present: false };
  }
  return isFields(parent) && Object.hasOwn(parent, step)
    ? { present: true, value: parent[step] }
    : { present: false };
}

function parseIndex(step: string): number | undefined {
  return /^(0|[1-9][0-9]*)$/.test(step) ? Number(step) : undefined;
}

/** Splits a JSON pointer (RFC 6901): `/metadata/labels/a~1b` is `metadata`, `labels`, `a/b`. */
function parsePointer(text: string | undefined): Pointer | undefined {
  if (text === '') return [];
  if (text?.startsWith('/') !== true) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function pointerText(path: Pointer): string {
  return path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

import type { ResourceArgument } from '../config/resource-flags.js';
import { allResourceKinds, type ResourceKind, resourceKindOf, resourceNames } from '../core/resource.js';
import { type ResourceSelection as SelectionMessage } from '../gen/conduit/api/v1/resource.js';
import { toResourceSelection } from '../wire/resource.js';

export type ReadArguments =
  | { readonly ok: true; readonly value: readonly ResourceArgument[] }
  | { readonly ok: false; readonly problem: string };

/** What `all` stands for: whatever has pods of its own and isn't part of another, and services. */
export const kindsOfAll: readonly ResourceKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
  'CronJob',
  'Job',
  'Service',
];

/**
 * Reads resources as kubectl takes them: `deploy`, `deploy web api`, `deploy/web po/x`, `deploy,sts`, `all`. There is at
 * least one argument.
 */
export function readResourceArguments(args: readonly string[]): ReadArguments {
  if (args.some((arg) => arg.includes('/'))) {
    const read: ResourceArgument[] = [];
    for (const arg of args) {
      const [type = '', name = '', ...more] = arg.split('/');
      if (more.length > 0 || type === '' || name === '') {
        return wrong(`${arg}: there is no such form of a resource; expected TYPE/NAME`);
      }
      const kind = resourceKindOf(type);
      if (kind === undefined) return wrong(unknownKind(type));
      read.push({ kind, name });
    }
    return { ok: true, value: read };
  }
  const [types = '', ...names] = args;
  const kinds: ResourceKind[] = [];
  for (const type of types.split(',')) {
    const kind = resourceKindOf(type);
    if (kind !== undefined) kinds.push(kind);
    else if (type.toLowerCase() === 'all') kinds.push(...kindsOfAll);
    else return wrong(unknownKind(type));
  }
  const unique = [...new Set(kinds)];
  if (names.length === 0) return { ok: true, value: unique.map((kind) => ({ kind, name: undefined })) };
  const [kind, ...others] = unique;
  if (kind === undefined || others.length > 0) {
    return wrong(
      `${types} ${names.join(' ')}: names are of one type; expected TYPE NAME..., or TYPE/NAME for each`,
    );
  }
  return { ok: true, value: names.map((name) => ({ kind, name })) };
}

function unknownKind(type: string): string {
  const near = nearest(type.toLowerCase());
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const known = allResourceKinds.map((kind) => resourceNames(kind).short).join(', ');
  return `${type}: no type of resource that has traffic${hint} There are: ${known}, all`.replace(
    /(?<!\?) There/,
    '. There',
  );
}

function nearest(type: string): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const kind of allResourceKinds) {
    for (const name of Object.values(resourceNames(kind)) as string[]) {
      const distance = editDistance(type, name);
      if (distance <= Math.max(1, name.length / 4) && distance < (best?.distance ?? Infinity))
        best = { name, distance };
    }
  }
  return best?.name;
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 4) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}

function wrong(problem: string): ReadArguments {
  return { ok: false, problem };
}

/** The flags that say which resources are meant. */
export interface ResourceConfig {
  readonly namespace: string | undefined;
  readonly allNamespaces: boolean;
  readonly selector: string | undefined;
  readonly to: ResourceArgument | undefined;
  readonly toNamespace: string | undefined;
  readonly from: ResourceArgument | undefined;
  readonly fromNamespace: string | undefined;
}

export interface SelectedArguments {
  readonly selections: readonly SelectionMessage[];
  readonly edge:
    | { readonly $case: 'to'; readonly value: SelectionMessage }
    | { readonly $case: 'from'; readonly value: SelectionMessage }
    | undefined;
}

export type ReadSelections =
  | { readonly ok: true; readonly value: SelectedArguments }
  | { readonly ok: false; readonly problem: string };

/** What flags and arguments select together. */
export function readSelections(args: readonly string[], config: ResourceConfig): ReadSelections {
  const read = readResourceArguments(args);
  if (!read.ok) return read;
  const { namespace, allNamespaces, selector = '', to, toNamespace, from, fromNamespace } = config;
  const refuse = (problem: string): ReadSelections => ({ ok: false, problem });
  if (allNamespaces && namespace !== undefined)
    return refuse('--all-namespaces and --namespace exclude each other');
  if (to !== undefined && from !== undefined) return refuse('--to and --from exclude each other');
  if (to === undefined && toNamespace !== undefined) return refuse('--to-namespace needs --to');
  if (from === undefined && fromNamespace !== undefined) return refuse('--from-namespace needs --from');
  const named = read.value.find(({ kind, name }) => name !== undefined && kind !== 'Namespace');
  if (allNamespaces && named !== undefined) {
    return refuse(`${named.name}: a resource is in one namespace, and can't be asked for by name in all`);
  }
  const own = allNamespaces ? undefined : (namespace ?? 'default');
  const selections = read.value.map((each) => toMessage(each, own, selector));
  const other = (each: ResourceArgument, its: string | undefined): SelectionMessage =>
    toMessage(each, its ?? (each.name === undefined ? own : (own ?? 'default')), '');
  if (to !== undefined)
    return { ok: true, value: { selections, edge: { $case: 'to', value: other(to, toNamespace) } } };
  if (from !== undefined) {
    return { ok: true, value: { selections, edge: { $case: 'from', value: other(from, fromNamespace) } } };
  }
  return { ok: true, value: { selections, edge: undefined } };
}

function toMessage(
  { kind, name }: ResourceArgument,
  namespace: string | undefined,
  labels: string,
): SelectionMessage {
  return toResourceSelection({ kind, name, namespace: kind === 'Namespace' ? undefined : namespace }, labels);
}

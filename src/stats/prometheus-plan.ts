import type { PodSelection } from '../core/resource.js';
import type { Mesh } from '../mesh/mesh.js';
import { ownerLabel } from '../wire/workload-labels.js';
import { groupingOf, type Side } from './grouping.js';
import type { LabelMatcher } from './promql.js';
import type { StatEdge } from './stat-query.js';

/** How many pods a label selector may come to: their names are what Prometheus is asked for. */
const maxPods = 2_000;

/** How many parts a query may have: one for each namespace at each end that pods are chosen in by their labels. */
const maxParts = 100;

/** What knows which pods have certain labels now. */
type Selecting = Pick<Mesh, 'selectedPods'>;

/** Which series a table is made of, and by which labels its rows. */
export interface Plan {
  readonly ok: true;
  /** Any of them; none where nothing can match. */
  readonly parts: readonly (readonly LabelMatcher[])[];
  readonly isOutbound: boolean;
  readonly namespaceLabel: string | undefined;
  readonly nameLabel: string;
}

export type Planned = Plan | { readonly ok: false; readonly problem: string };

export function planOf(selection: PodSelection, edge: StatEdge, mesh: Selecting): Planned {
  const { direction, row } = groupingOf(selection.kind, edge);
  const own = matchersOf(selection, row, mesh);
  if (!own.ok) return own;
  const other =
    edge.kind === 'none' ? anything : matchersOf(edge.other, row === 'own' ? 'other' : 'own', mesh);
  if (!other.ok) return other;
  if (own.parts.length * other.parts.length > maxParts) {
    return { ok: false, problem: 'the labels choose pods in too many namespaces: name a namespace' };
  }
  const always: LabelMatcher = { kind: 'is', label: 'direction', value: direction };
  return {
    ok: true,
    parts: own.parts.flatMap((part) => other.parts.map((another) => [always, ...part, ...another])),
    isOutbound: direction === 'outbound',
    ...labelsOf(selection, row),
  };
}

const anything = { ok: true, parts: [[]] } as const;

/** The labels that name a resource of this kind at one end of some traffic, which exposition.ts gives its series. */
function labelsOf(
  { kind }: PodSelection,
  side: Side,
): { readonly namespaceLabel: string | undefined; readonly nameLabel: string } {
  const prefix = side === 'own' ? '' : 'dst_';
  if (kind === 'Namespace') return { namespaceLabel: undefined, nameLabel: `${prefix}namespace` };
  // What a client asked for is known by where the client is.
  if (kind === 'Authority') return { namespaceLabel: 'namespace', nameLabel: 'authority' };
  return { namespaceLabel: `${prefix}namespace`, nameLabel: `${prefix}${ownerLabel(kind)}` };
}

type Matchers =
  | { readonly ok: true; readonly parts: readonly (readonly LabelMatcher[])[] }
  | { readonly ok: false; readonly problem: string };

function matchersOf(selection: PodSelection, side: Side, mesh: Selecting): Matchers {
  const { namespaceLabel, nameLabel } = labelsOf(selection, side);
  const { kind, namespace, name, labels } = selection;
  const matchers: LabelMatcher[] = [
    name === undefined
      ? { kind: 'is-not', label: nameLabel, value: '' }
      : { kind: 'is', label: nameLabel, value: name },
  ];
  if (namespace !== undefined && namespaceLabel !== undefined) {
    matchers.push({ kind: 'is', label: namespaceLabel, value: namespace });
  }
  const prefix = side === 'own' ? '' : 'dst_';
  // Where the pod isn't known, the namespace is that of the service which was asked for.
  if (kind === 'Namespace') matchers.push({ kind: 'is-not', label: `${prefix}pod`, value: '' });
  if (labels.length === 0) return { ok: true, parts: [matchers] };
  const { pods } = mesh.selectedPods.read(selection);
  if (pods.length > maxPods) {
    return {
      ok: false,
      problem: `the labels choose ${pods.length} pods, and Prometheus can be asked for ${maxPods} at most`,
    };
  }
  const names = new Map<string, string[]>();
  for (const { workload } of pods) {
    const known = names.get(workload.namespace);
    if (known === undefined) names.set(workload.namespace, [workload.name]);
    else known.push(workload.name);
  }
  return {
    ok: true,
    parts: [...names].map(([of, values]): readonly LabelMatcher[] => [
      ...matchers,
      { kind: 'is', label: `${prefix}namespace`, value: of },
      { kind: 'one-of', label: `${prefix}pod`, values },
    ]),
  };
}

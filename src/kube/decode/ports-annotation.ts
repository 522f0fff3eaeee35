import { parsePortRanges, type PortRange } from '../../core/port-ranges.js';
import type { JsonNode, Problem } from './json-node.js';

/** A port that an object declares, perhaps under a name. */
export interface DeclaredPort {
  readonly name: string;
  readonly port: number;
}

/**
 * A list of ports in an annotation, which may call those in `declared` by their names; undefined where there is none. What
 * makes no sense in it is left out, with a warning.
 */
export function decodePortsAnnotation(
  annotation: JsonNode,
  declared: readonly DeclaredPort[],
  warnings: Problem[],
): readonly PortRange[] | undefined {
  if (!annotation.exists) return undefined;
  const node = annotation.apart();
  const text = node.string();
  const parsed = text === undefined ? undefined : parsePortRanges(distinctItems(text), portsByName(declared));
  if (parsed !== undefined && parsed.wrong.length > 0) node.note(expected);
  node.tellProblems(warnings);
  return parsed?.ranges;
}

const expected = 'ports, ranges of ports or names of declared ports, separated by commas';

/** However often a name is repeated, its ports are listed once: an annotation must not grow on its way to a row. */
function distinctItems(text: string): string {
  return [...new Set(text.split(',').map((item) => item.trim()))].join(',');
}

/** Grouped when a name is first asked for, which is seldom. */
function portsByName(declared: readonly DeclaredPort[]): (name: string) => readonly number[] {
  let groups: ReadonlyMap<string, readonly number[]> | undefined;
  return (name) => {
    groups ??= groupByName(declared);
    return groups.get(name) ?? [];
  };
}

function groupByName(declared: readonly DeclaredPort[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const { name, port } of declared) {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [port]);
    else group.push(port);
  }
  return groups;
}

import { type Labels, type LabelSelector, labelTerms, matchesLabels, selectorTerms } from '../core/labels.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { NamedPort, ServerRow } from './rows.js';
import type { MeshTables } from './tables.js';

/** The Servers of a namespace, filed by what they select, so that a workload finds its own without asking all. */
export interface ServerDirectory {
  readonly Pod: SelectorIndex;
  readonly ExternalWorkload: SelectorIndex;
}

/** Servers by the terms of their selectors (see core/labels.ts). */
export type SelectorIndex = ReadonlyMap<string, readonly SelectingServer[]>;

interface SelectingServer {
  readonly server: ServerRow;
  readonly selector: LabelSelector;
}

/** The directory of each namespace. All the Servers in it declare their port opaque. */
export type OpaqueServers = View<string, ServerDirectory>;

export function createOpaqueServers(engine: Engine, tables: MeshTables): OpaqueServers {
  return new View<string, ServerDirectory>(engine, {
    name: 'opaque_servers',
    id: (namespace) => namespace,
    derive(read, namespace) {
      const servers = read.by(tables.serversByNamespace, namespace);
      return {
        Pod: indexBy(servers, ({ podSelector }) => podSelector),
        ExternalWorkload: indexBy(servers, ({ externalWorkloadSelector }) => externalWorkloadSelector),
      };
    },
  });
}

/** What Servers select by. */
export interface ServerSubject {
  readonly kind: keyof ServerDirectory;
  readonly namespace: string;
  readonly labels: Labels;
  readonly namedPorts: readonly NamedPort[];
}

/** The Servers that are for this workload. */
export function serversFor(
  directory: ServerDirectory,
  { kind, labels }: ServerSubject,
): readonly ServerRow[] {
  const index = directory[kind];
  if (index.size === 0) return noServers;
  return labelTerms(labels)
    .flatMap((term) => index.get(term) ?? [])
    .filter(({ selector }) => matchesLabels(selector, labels))
    .map(({ server }) => server);
}

/** The numbers that a Server's port stands for at this workload: a name may stand for several, or for none. */
export function serverPorts({ port }: ServerRow, { namedPorts }: ServerSubject): readonly number[] {
  switch (port.kind) {
    case 'number':
      return [port.port];
    case 'name':
      return namedPorts
        .filter(({ name }) => name === port.name)
        .flatMap(({ port: number, hostPort }) => (hostPort === undefined ? [number] : [number, hostPort]));
  }
}

/** All ports of the workload that Servers declare opaque, in ascending order. */
export function opaqueServerPorts(directory: ServerDirectory, subject: ServerSubject): readonly number[] {
  const servers = serversFor(directory, subject);
  if (servers.length === 0) return noPorts;
  const ports = new Set(servers.flatMap((server) => serverPorts(server, subject)));
  return [...ports].sort((a, b) => a - b);
}

function indexBy(
  servers: readonly ServerRow[],
  selectorOf: (server: ServerRow) => LabelSelector | undefined,
): SelectorIndex {
  const index = new Map<string, SelectingServer[]>();
  for (const server of servers) {
    const selector = selectorOf(server);
    if (selector === undefined) continue;
    for (const term of selectorTerms(selector)) {
      const filed = index.get(term);
      if (filed === undefined) index.set(term, [{ server, selector }]);
      else filed.push({ server, selector });
    }
  }
  return index;
}

const noServers: readonly ServerRow[] = [];
const noPorts: readonly number[] = [];

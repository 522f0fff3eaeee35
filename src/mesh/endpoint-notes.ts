import type { Endpoint } from '../core/endpoint.js';
import type { EndpointNote, OpaqueCause } from '../core/endpoint-note.js';
import type { Reader } from '../engine/reader.js';
import { externalWorkloadSubject } from './external-workloads.js';
import { type OpaqueServers, serverPorts, type ServerSubject, serversFor } from './opaque-servers.js';
import type { Judging } from './judge.js';
import type { BackendTarget } from './rows.js';
import type { MeshTables } from './tables.js';
import { bypassOf, opaqueCause } from './workload-endpoint.js';
import { serverSubject } from './workloads.js';

/** What it takes to say why an endpoint is described as it is. */
export interface NoteSources {
  readonly tables: MeshTables;
  readonly judging: Judging;
  readonly servers: OpaqueServers;
}

/** Why an endpoint is described as it is; `target` is what was found behind it. */
export function notesOn(
  read: Reader,
  sources: NoteSources,
  endpoint: Endpoint,
  target: BackendTarget,
): readonly EndpointNote[] {
  const { gateway, workload, port } = endpoint;
  if (gateway !== undefined) return [{ kind: 'gateway', ...gateway }];
  if (workload === undefined) return [{ kind: 'no-workload' }];
  const notes: EndpointNote[] = [];
  if (workload.kind === 'Pod' && target.kind === 'Pod') {
    const pod = read.view(sources.judging.workloads, target.id);
    const bypass = pod && bypassOf(pod, port);
    if (bypass !== undefined) return [{ kind: bypass }];
    const { controlPlaneNamespace, identity } = workload;
    if (identity === undefined && controlPlaneNamespace !== undefined) {
      notes.push({ kind: 'other-control-plane', namespace: controlPlaneNamespace });
    }
  }
  const cause = findOpaqueCause(read, sources, target, port);
  return cause === undefined ? notes : [{ kind: 'opaque', cause }, ...notes];
}

/** What makes connections to this port of what is behind an address bytes; undefined where nothing does. */
export function findOpaqueCause(
  read: Reader,
  { tables, judging, servers }: NoteSources,
  target: BackendTarget,
  port: number,
): OpaqueCause | undefined {
  const subject = subjectOf(read, tables, target);
  const known = workloadOf(read, judging, target);
  if (subject === undefined || known === undefined) return undefined;
  const kind = opaqueCause(known, port, judging.options);
  switch (kind) {
    case undefined:
      return undefined;
    case 'annotation':
    case 'default-ports':
      return { kind };
    case 'server': {
      const server = serversFor(read.view(servers, subject.namespace), subject).find((each) =>
        serverPorts(each, subject).includes(port),
      );
      return server && { kind, server: server.id };
    }
  }
}

function workloadOf(read: Reader, { workloads, externalWorkloads }: Judging, target: BackendTarget) {
  switch (target.kind) {
    case 'Pod':
      return read.view(workloads, target.id);
    case 'ExternalWorkload':
      return read.view(externalWorkloads, target.id);
    case 'Address':
    case 'Other':
      return undefined;
  }
}

function subjectOf(read: Reader, tables: MeshTables, target: BackendTarget): ServerSubject | undefined {
  switch (target.kind) {
    case 'Pod': {
      const row = read.get(tables.pods, target.id);
      return row && serverSubject(row);
    }
    case 'ExternalWorkload': {
      const row = read.get(tables.externalWorkloads, target.id);
      return row && externalWorkloadSubject(row);
    }
    case 'Address':
    case 'Other':
      return undefined;
  }
}

import type { Engine } from '../engine/engine.js';
import type { View } from '../engine/view.js';
import { createCandidates, type EndpointOptions } from './candidates.js';
import { type ClientEndpoints, createClientEndpoints } from './client-endpoints.js';
import { createEndpointParts } from './endpoint-parts.js';
import { createEndpoints } from './endpoints.js';
import { createMeshTables, type MeshTables } from './tables.js';
import { createWorkloads, type IdentityOptions } from './workloads.js';

export interface MeshOptions extends IdentityOptions, EndpointOptions {}

/** All tables, and all that is derived from them. */
export interface Mesh {
  readonly tables: MeshTables;
  readonly clientEndpoints: ClientEndpoints;
  /** Every view, for metrics and debugging. */
  readonly views: readonly Pick<View<never, unknown>, 'name' | 'stats'>[];
}

export function createMesh(engine: Engine, options: MeshOptions): Mesh {
  const tables = createMeshTables(engine);
  const workloads = createWorkloads(engine, tables, options);
  const candidates = createCandidates(engine, tables, workloads, options);
  const parts = createEndpointParts(engine, candidates);
  const endpoints = createEndpoints(engine, tables, candidates, parts);
  const clientEndpoints = createClientEndpoints(engine, tables, endpoints);
  return { tables, clientEndpoints, views: [workloads, candidates, parts, endpoints, clientEndpoints] };
}

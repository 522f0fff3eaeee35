import { Engine } from '../../src/engine/engine.js';
import { createMesh, type Mesh } from '../../src/mesh/mesh.js';
import { populateNodes } from './service-under-change.js';

/** An engine and a mesh as the control plane sets them up, with nodes and nothing else in the tables. */
export function createBenchMesh(): { readonly engine: Engine; readonly mesh: Mesh } {
  const engine = new Engine({
    onError(error) {
      throw error;
    },
  });
  const mesh = createMesh(engine, {
    controllerNamespace: 'conduit',
    trustDomain: 'cluster.local',
    enableH2Upgrade: true,
    defaultOpaquePorts: [],
    clusterDomain: 'cluster.local',
    enableSelfOverride: true,
  });
  populateNodes(mesh.tables);
  return { engine, mesh };
}

import { SharedEncoding } from '../../src/grpc/shared-encoding.js';
import { nodeName } from '../../src/core/ids.js';
import { encodeDelta, encodeSnapshot } from '../../src/wire/update.js';
import { createBenchMesh } from '../kit/mesh.js';
import { nodeOfClient, ServiceUnderChange } from '../kit/service-under-change.js';
import { serveCommands } from '../kit/worker.js';

/** A process that holds meshes of several sizes, each with one stream's subscription, and changes them. */

export interface MeshSize {
  /** Services besides the one that changes, each with ten endpoints. */
  readonly otherServices: number;
  /** Endpoints of the service that changes. */
  readonly endpoints: number;
}

const endpointsOfOthers = 10;

/** Carries out so many changes and returns the microseconds that each took. */
type Changer = (changes: number) => number;

const meshes: Changer[] = [];

const commands = {
  /** Returns the number by which `change` knows it. */
  create(size: MeshSize): number {
    return meshes.push(createChanger(size)) - 1;
  },
  change({ mesh, changes }: { mesh: number; changes: number }): number {
    const changer = meshes[mesh];
    if (changer === undefined) throw new Error(`no mesh ${mesh}`);
    return changer(changes);
  },
} as const;

export type EngineCommands = typeof commands;

function createChanger({ otherServices, endpoints }: MeshSize): Changer {
  const { engine, mesh } = createBenchMesh();
  const { tables, clientEndpoints } = mesh;
  const checkout = new ServiceUnderChange({ size: endpoints });
  checkout.populate(tables);
  for (let other = 0; other < otherServices; other++) {
    new ServiceUnderChange({ name: `service-${other}`, size: endpointsOfOthers }).populate(tables);
  }
  const encoding = new SharedEncoding({ snapshot: encodeSnapshot, delta: encodeDelta });
  const key = { service: checkout.id, port: 80, hostname: undefined, node: nodeName(nodeOfClient(0)) };
  let told = clientEndpoints.read(key);
  let bytes = 0;
  const subscription = clientEndpoints.subscribe(key, () => {
    const latest = subscription.latest.value;
    bytes = encoding.delta(told, latest)?.buffer.length ?? 0;
    told = latest;
  });

  let round = 0;
  return (changes) => {
    const slices = Array.from({ length: changes }, () => {
      round += 1;
      return checkout.change({ round, endpoints: 1 });
    });
    const startedMs = performance.now();
    for (const slice of slices) {
      bytes = 0;
      tables.backends.apply(slice.id, slice);
      engine.flush();
      if (bytes < 300 || bytes > 600) throw new Error(`a delta of ${bytes} bytes for one endpoint`);
    }
    return ((performance.now() - startedMs) * 1_000) / changes;
  };
}

serveCommands(commands);

import process from 'node:process';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { type BackendsId, nodeName } from '../../src/core/ids.js';
import type { EndpointSet } from '../../src/core/endpoint-set.js';
import type { Engine } from '../../src/engine/engine.js';
import { createDestinationService } from '../../src/grpc/destination.js';
import { SharedEncoding } from '../../src/grpc/shared-encoding.js';
import type { Mesh } from '../../src/mesh/mesh.js';
import type { BackendsRow } from '../../src/mesh/rows.js';
import { createUpdateEncoder } from '../../src/wire/update.js';
import { startGrpcServer } from '../kit/grpc-server.js';
import { createBenchMesh } from '../kit/mesh.js';
import { nodeOfClient, ServiceUnderChange } from '../kit/service-under-change.js';
import { serveCommands } from '../kit/worker.js';
import { SliceFeed, sliceJson } from './slice-feed.js';

/** A process that holds a mesh of one size and changes one endpoint of it at a time. */

export interface MeshSize {
  /** Services besides the one that changes, each with ten endpoints. */
  readonly otherServices: number;
  /** Endpoints of the service that changes. */
  readonly endpoints: number;
  /** How many of them have their turn to change, from the first on. */
  readonly reach: number;
}

const endpointsOfOthers = 10;

/** CPU µs for each of several changes. */
export interface ChangeCost {
  /** From a slice as the API server sends it to the row. */
  readonly toRow: number;
  /** From there to the end of the change. */
  readonly fromRow: number;
}

interface World {
  readonly engine: Engine;
  readonly mesh: Mesh;
  readonly checkout: ServiceUnderChange;
  readonly feed: SliceFeed;
  readonly reach: number;
  readonly afterChange: () => Promise<void> | undefined;
}

let world: World | undefined;
let rounds = 0;

const commands = {
  /** A change ends with the encoded delta. */
  encode(size: MeshSize): void {
    const created = create(size);
    const { mesh, checkout } = created;
    const encoding = new SharedEncoding<EndpointSet>(createUpdateEncoder(undefined));
    const key = { service: checkout.id, port: 80, hostname: undefined, node: nodeName(nodeOfClient(0)) };
    let told = mesh.clientEndpoints.read(key);
    let bytes = 0;
    const subscription = mesh.clientEndpoints.subscribe(key, () => {
      const latest = subscription.latest.value;
      bytes = encoding.delta(told, latest)?.buffer.length ?? 0;
      told = latest;
    });
    const afterChange = (): undefined => {
      if (bytes < 300 || bytes > 600) throw new Error(`a delta of ${bytes} bytes for one endpoint`);
      bytes = 0;
      return undefined;
    };
    world = { ...created, afterChange };
  },
  /** A change ends with the delta written to a stream, and the turn of the event loop in which that is done. Returns the port. */
  async deliver(size: MeshSize): Promise<number> {
    const created = create(size);
    const service = createDestinationService({
      mesh: created.mesh,
      clusterDomain: 'cluster.local',
      meshedHttp2ClientParams: undefined,
      registry: new Registry(),
    });
    const { port } = await startGrpcServer(service);
    world = { ...created, afterChange: () => setImmediate() };
    return port;
  },
  /**
   * Makes so many changes. Their rows are made beforehand, so that what is measured doesn't find the processor's caches full of
   * JSON, more of it for a full slice than for a small one.
   */
  async change(changes: number): Promise<ChangeCost> {
    if (world === undefined) throw new Error('no mesh yet');
    const { engine, mesh, checkout, feed, reach, afterChange } = world;
    const slices: string[] = [];
    for (let change = 0; change < changes; change++) {
      rounds += 1;
      // Each endpoint has its turn, in no order.
      const first = (rounds * 7_919) % reach;
      slices.push(sliceJson(checkout.change({ round: rounds, endpoints: 1, first })));
    }
    const start = process.cpuUsage();
    const rows = slices.map((json) => feed.row(json));
    const decoding = process.cpuUsage(start);
    // The rows that wait would be moved about while changes are measured, and what cleans up behind the JSON has threads of its
    // own: neither is the changes' work, and both grow with the slice.
    await collectYoung();
    const decoded = process.cpuUsage();
    for (const row of rows) {
      mesh.tables.backends.apply(row.id, row);
      engine.flush();
      const turn = afterChange();
      if (turn !== undefined) await turn;
    }
    const deriving = process.cpuUsage(decoded);
    return { toRow: microsOf(decoding) / changes, fromRow: microsOf(deriving) / changes };
  },
} as const;

export type ScaleCommands = typeof commands;

/** What survives two collections is in the old generation. */
async function collectYoung(): Promise<void> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('needs --expose-gc');
  for (let times = 0; times < 2; times++) gc({ type: 'minor' });
  await setTimeout(settleMs);
}

/** V8's threads need a millisecond or two. */
const settleMs = 20;

function microsOf({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

function create({ otherServices, endpoints, reach }: MeshSize): Omit<World, 'afterChange'> {
  const { engine, mesh } = createBenchMesh();
  const feed = new SliceFeed();
  const tables = {
    ...mesh.tables,
    backends: {
      apply: (id: BackendsId, row: BackendsRow) => mesh.tables.backends.apply(id, feed.row(sliceJson(row))),
    },
  };
  const checkout = new ServiceUnderChange({ size: endpoints });
  checkout.populate(tables);
  for (let other = 0; other < otherServices; other++) {
    new ServiceUnderChange({ name: `service-${other}`, size: endpointsOfOthers }).populate(tables);
  }
  return { engine, mesh, checkout, feed, reach };
}

serveCommands(commands);

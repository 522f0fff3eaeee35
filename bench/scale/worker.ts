import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { type BackendsId, nodeName, serviceId } from '../../src/core/ids.js';
import type { EndpointSet } from '../../src/core/endpoint-set.js';
import type { Engine } from '../../src/engine/engine.js';
import { createDestinationService } from '../../src/grpc/destination.js';
import { SharedEncoding } from '../../src/grpc/shared-encoding.js';
import type { Mesh } from '../../src/mesh/mesh.js';
import type { Backend, BackendsRow } from '../../src/mesh/rows.js';
import { createUpdateEncoder } from '../../src/wire/update.js';
import { startGrpcServer } from '../kit/grpc-server.js';
import { createBenchMesh } from '../kit/mesh.js';
import { checkout, namespace, nodeOfClient, ServiceUnderChange } from '../kit/service-under-change.js';
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

interface World {
  readonly engine: Engine;
  readonly mesh: Mesh;
  /** What the API server sends, one after the other, and from the last one to the first again. */
  readonly slices: readonly string[];
  /** What becomes of them. */
  readonly rows: readonly BackendsRow[];
  readonly afterChange: () => Promise<void> | undefined;
}

let world: World | undefined;
let changes = 0;

const commands = {
  /** A change ends with the encoded delta. */
  encode(size: MeshSize): void {
    const created = create(size);
    const { mesh } = created;
    const encoding = new SharedEncoding<EndpointSet>(createUpdateEncoder(undefined));
    const service = serviceId(namespace, checkout);
    const key = { service, port: 80, hostname: undefined, node: nodeName(nodeOfClient(0)) };
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
  /** CPU µs for each slice, from JSON to row. */
  decode(count: number): number {
    if (world === undefined) throw new Error('no mesh yet');
    const { slices } = world;
    const feed = new SliceFeed();
    feed.row(sliceAt(slices, -1));
    const start = process.cpuUsage();
    for (let nth = 0; nth < count; nth++) feed.row(sliceAt(slices, nth));
    return microsOf(process.cpuUsage(start)) / count;
  },
  /**
   * CPU µs for each change, from the row on. The first of them, which find the caches filled by other processes, aren't
   * counted.
   */
  async change({ unmeasured, measured }: Round): Promise<number> {
    if (world === undefined) throw new Error('no mesh yet');
    const { engine, mesh, rows, afterChange } = world;
    let start = process.cpuUsage();
    for (let nth = 0; nth < unmeasured + measured; nth++) {
      if (nth === unmeasured) start = process.cpuUsage();
      const row = rows[changes++ % rows.length]!;
      mesh.tables.backends.apply(row.id, row);
      engine.flush();
      const turn = afterChange();
      if (turn !== undefined) await turn;
    }
    return microsOf(process.cpuUsage(start)) / measured;
  },
} as const;

export type ScaleCommands = typeof commands;

export interface Round {
  readonly unmeasured: number;
  readonly measured: number;
}

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
  const changing = new ServiceUnderChange({ size: endpoints });
  changing.populate(tables);
  for (let other = 0; other < otherServices; other++) {
    new ServiceUnderChange({ name: `service-${other}`, size: endpointsOfOthers }).populate(tables);
  }
  const circle = changesInCircle(changing, reach);
  for (const row of circle.rows) mesh.tables.backends.apply(row.id, row);
  return { engine, mesh, ...circle };
}

/**
 * Each endpoint moves to one zone and later to another, so that after the last change the first can be made again: rows need
 * not be made while changes are measured, nor cleaned up behind.
 */
function changesInCircle(changing: ServiceUnderChange, reach: number): Pick<World, 'slices' | 'rows'> {
  const slices: string[] = [];
  for (const round of [1, 2, 1]) {
    for (let turn = 1; turn <= reach; turn++) {
      // In no order.
      const first = (turn * 7_919) % reach;
      slices.push(sliceJson(changing.change({ round, endpoints: 1, first })));
    }
  }
  // The first changes are from where all endpoints were in the beginning, and can't be made again.
  const recurring = slices.slice(reach);
  const feed = new SliceFeed();
  // As a reflector has it: a row shares with the row before, and so the first with the last, what stays.
  const known = new Map<string, Backend>();
  const shared = (backend: Backend): Backend => {
    const key = JSON.stringify(backend);
    const same = known.get(key) ?? backend;
    known.set(key, same);
    return same;
  };
  const rows = recurring.map((json) => {
    const row = feed.row(json);
    const groups = row.groups.map((group) => ({ ...group, backends: group.backends.map(shared) }));
    return { ...row, groups };
  });
  return { slices: recurring, rows };
}

/** They are a circle. */
function sliceAt(slices: readonly string[], place: number): string {
  return slices.at(place % slices.length)!;
}

serveCommands(commands);

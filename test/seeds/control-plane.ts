import { Registry } from 'prom-client';
import type { Http2ClientParams } from '../../src/core/http2-params.js';
import { Engine } from '../../src/engine/engine.js';
import type { Table } from '../../src/engine/table.js';
import { createDestinationService } from '../../src/grpc/destination.js';
import type { GrpcService } from '../../src/grpc/service.js';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { ObjectIngest } from '../../src/kube/object-ingest.js';
import type { Resource } from '../../src/kube/resource.js';
import {
  endpointSlices,
  endpoints,
  externalWorkloads,
  jobs,
  nodes,
  pods,
  replicaSets,
  servers,
  serviceProfiles,
  services,
} from '../../src/kube/resources.js';
import { createMesh, type Mesh } from '../../src/mesh/mesh.js';
import { deepFreeze } from '../kit/deep-freeze.js';
import type { History } from './history/write-history.js';
import type { Kind, Source } from './history/step.js';
import { LookedAtClock } from './looked-at-clock.js';
import type { Settings } from './oracle/objects.js';
import { silentLog } from './silent-log.js';
import { toHttp2Text } from './told.js';

/** What one kind of objects is taken in by. */
export type Intake = Pick<ObjectIngest<unknown>, 'apply' | 'delete' | 'replacement'>;

const http2: Http2ClientParams = {
  flowControl: undefined,
  keepAlive: { intervalMs: 10_000, timeoutMs: 3_000, whileIdle: true },
  internals: undefined,
};

/** How a history sets the control plane up. */
export function settingsOf({ traits, graceMs, maxIdleKeys }: History): Settings {
  return {
    clusterDomain: 'cluster.local',
    trustDomain: 'trust.example',
    controllerNamespace: 'conduit',
    meshDomain: traits.meshDomain,
    enableH2Upgrade: !traits.hasMirrors || traits.hasHints,
    defaultOpaquePorts: '3306,4000-4002',
    enableSelfOverride: graceMs > 0,
    http2:
      maxIdleKeys === 0
        ? undefined
        : toHttp2Text({
            flowControl: undefined,
            keepAlive: {
              interval: { seconds: 10n, nanos: 0 },
              timeout: { seconds: 3n, nanos: 0 },
              whileIdle: true,
            },
            internals: undefined,
          }),
  };
}

/** The control plane from decoders to streams: everything between the API server's JSON and a client's bytes. */
export class ControlPlane {
  readonly clock: LookedAtClock;
  readonly service: GrpcService;
  readonly #engine: Engine;
  readonly #mesh: Mesh;
  readonly #intakes: Readonly<Record<Kind, Intake>>;

  constructor(history: History, source: Source) {
    const settings = settingsOf(history);
    const { graceMs, maxIdleKeys, msPerLook } = history;
    this.clock = new LookedAtClock(msPerLook);
    this.#engine = new Engine({
      scheduler: this.clock,
      graceMs,
      maxIdleKeys,
      inspect: deepFreeze,
      onError: (error, { view, key }) => {
        throw new Error(`view ${view} failed at ${key}`, { cause: error });
      },
    });
    this.#mesh = createMesh(this.#engine, {
      ...settings,
      defaultOpaquePorts: [
        { from: 3306, to: 3306 },
        { from: 4000, to: 4002 },
      ],
    });
    this.service = createDestinationService({
      mesh: this.#mesh,
      clusterDomain: settings.clusterDomain,
      meshedHttp2ClientParams: settings.http2 === undefined ? undefined : http2,
      registry: new Registry(),
    });
    const labels = meshLabels(settings.meshDomain);
    const { tables } = this.#mesh;
    this.#intakes = {
      Service: intake(services(labels), tables.services),
      Backends: intake(
        source === 'EndpointSlice' ? endpointSlices(labels) : endpoints(labels),
        tables.backends,
      ),
      Pod: intake(pods(labels), tables.pods),
      Node: intake(nodes(), tables.nodes),
      ReplicaSet: intake(replicaSets(), tables.replicaSets),
      Job: intake(jobs(), tables.jobs),
      Server: intake(servers(), tables.servers),
      ExternalWorkload: intake(externalWorkloads(labels), tables.externalWorkloads),
      ServiceProfile: intake(serviceProfiles(), tables.serviceProfiles),
    };
  }

  intake(kind: Kind): Intake {
    return this.#intakes[kind];
  }

  flush(): void {
    this.#engine.flush();
  }

  /** What is still held for somebody, by name. Nothing, once all streams are over and the time of grace has passed. */
  leftovers(): readonly string[] {
    const { views, tables } = this.#mesh;
    const held = views.flatMap((view) => {
      const { keys, subscribers } = view.stats();
      return keys + subscribers > 0 ? [`${view.name}: ${keys} keys, ${subscribers} subscribers`] : [];
    });
    for (const [name, table] of Object.entries(tables) as [string, Pick<Table<never, never>, 'observed'>][]) {
      if (table.observed > 0) held.push(`${name}: ${table.observed} observed`);
    }
    if (this.#engine.idleKeys > 0) held.push(`${this.#engine.idleKeys} idle keys`);
    return held;
  }

  close(): void {
    this.#engine.close();
  }
}

function intake<Key extends string, Row>(resource: Resource<Row>, table: Table<Key, Row>): Intake {
  return new ObjectIngest({ resource, sink: table, log: silentLog });
}

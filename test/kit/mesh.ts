import { endpointsOf } from '../../src/core/endpoint-set.js';
import { serviceId } from '../../src/core/ids.js';
import type { ClientEndpointsKey } from '../../src/mesh/client-endpoints.js';
import { createMesh, type MeshOptions } from '../../src/mesh/mesh.js';
import type { BackendsRow, NodeRow, PodRow, ServiceRow } from '../../src/mesh/rows.js';
import { testEngine } from './engine.js';
import { namespace } from './rows.js';

export const meshOptions: MeshOptions = {
  controllerNamespace: 'conduit',
  trustDomain: 'cluster.local',
  enableH2Upgrade: true,
  defaultOpaquePorts: [{ from: 3306, to: 3306 }],
};

export type AnyRow =
  | { readonly service: ServiceRow }
  | { readonly pod: PodRow }
  | { readonly node: NodeRow }
  | { readonly slice: BackendsRow };

/** Tables and views without a cluster: rows in, endpoint sets out, publication by hand. */
export function testMesh(options: Partial<MeshOptions> = {}) {
  const { engine, scheduler } = testEngine();
  const mesh = createMesh(engine, { ...meshOptions, ...options });
  const { services, pods, nodes, backends } = mesh.tables;
  return {
    ...mesh,
    engine,
    scheduler,
    apply(...rows: readonly AnyRow[]): void {
      for (const row of rows) {
        if ('service' in row) services.apply(row.service.id, row.service);
        else if ('pod' in row) pods.apply(row.pod.id, row.pod);
        else if ('node' in row) nodes.apply(row.node.name, row.node);
        else backends.apply(row.slice.id, row.slice);
      }
      engine.flush();
    },
    /** Subscribes as a client of `shop/<service>` would. */
    client(service: string, key: Partial<ClientEndpointsKey> = {}) {
      return clientOf(mesh.clientEndpoints, {
        service: serviceId(namespace, service),
        port: 80,
        hostname: undefined,
        node: undefined,
        ...key,
      });
    },
  };
}

function clientOf(view: ReturnType<typeof createMesh>['clientEndpoints'], key: ClientEndpointsKey) {
  let publications = 0;
  const subscription = view.subscribe(key, () => publications++);
  return {
    get set() {
      return subscription.latest.value;
    },
    /** `ip:port` of every endpoint, sorted. */
    get addresses(): readonly string[] {
      return [...endpointsOf(subscription.latest.value).keys()].sort();
    },
    get publications(): number {
      return publications;
    },
    close: () => subscription.close(),
  };
}

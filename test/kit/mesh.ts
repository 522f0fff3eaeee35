import { parseAuthority } from '../../src/core/authority.js';
import { endpointsOf } from '../../src/core/endpoint-set.js';
import { jobId, replicaSetId, serviceId } from '../../src/core/ids.js';
import type { ClientEndpointsKey } from '../../src/mesh/client-endpoints.js';
import { createMesh, type MeshOptions } from '../../src/mesh/mesh.js';
import type {
  BackendsRow,
  ControllerKind,
  ControllerRow,
  ExternalWorkloadRow,
  NamespaceRow,
  NodeRow,
  OwnerRef,
  PodRow,
  ServerRow,
  ServiceProfileRow,
  ServiceRow,
} from '../../src/mesh/rows.js';
import { testEngine } from './engine.js';
import { namespace } from './rows.js';

export const meshOptions: MeshOptions = {
  controllerNamespace: 'conduit',
  trustDomain: 'cluster.local',
  enableH2Upgrade: true,
  defaultOpaquePorts: [{ from: 3306, to: 3306 }],
  clusterDomain: 'cluster.local',
  enableSelfOverride: true,
};

export type AnyRow =
  | { readonly service: ServiceRow }
  | { readonly pod: PodRow }
  | { readonly node: NodeRow }
  | { readonly namespace: NamespaceRow }
  | { readonly kind: ControllerKind; readonly controller: ControllerRow }
  /** By name, in the namespace of all rows. */
  | { readonly replicaSet: string; readonly owner: OwnerRef | undefined }
  | { readonly job: string; readonly owner: OwnerRef | undefined }
  | { readonly slice: BackendsRow }
  | { readonly server: ServerRow }
  | { readonly external: ExternalWorkloadRow }
  | { readonly profile: ServiceProfileRow };

/** Tables and views without a cluster: rows in, endpoint sets out, publication by hand. */
export function testMesh(
  options: Partial<MeshOptions> = {},
  engineOptions: Parameters<typeof testEngine>[0] = {},
) {
  const { engine, scheduler } = testEngine(engineOptions);
  const mesh = createMesh(engine, { ...meshOptions, ...options });
  const { services, pods, nodes, backends, servers, externalWorkloads, serviceProfiles } = mesh.tables;
  const { namespaces, controllers, replicaSets, jobs } = mesh.tables;
  return {
    ...mesh,
    engine,
    scheduler,
    apply(...rows: readonly AnyRow[]): void {
      for (const row of rows) {
        if ('service' in row) services.apply(row.service.id, row.service);
        else if ('pod' in row) pods.apply(row.pod.id, row.pod);
        else if ('node' in row) nodes.apply(row.node.name, row.node);
        else if ('namespace' in row) namespaces.apply(row.namespace.name, row.namespace);
        else if ('controller' in row) controllers[row.kind].rows.apply(row.controller.id, row.controller);
        else if ('replicaSet' in row) {
          const id = replicaSetId(namespace, row.replicaSet);
          replicaSets.apply(id, { id, owner: row.owner });
        } else if ('job' in row) {
          const id = jobId(namespace, row.job);
          jobs.apply(id, { id, owner: row.owner });
        } else if ('slice' in row) backends.apply(row.slice.id, row.slice);
        else if ('server' in row) servers.apply(row.server.id, row.server);
        else if ('external' in row) externalWorkloads.apply(row.external.id, row.external);
        else serviceProfiles.apply(row.profile.id, row.profile);
      }
      engine.flush();
    },
    /** Subscribes to the profile of `web.shop.svc.cluster.local:80`, `10.0.0.1:80` and the like. */
    profile(authority: string, clientNamespace?: string) {
      const parsed = parseAuthority(authority, meshOptions.clusterDomain);
      if (!parsed.ok) throw new Error(parsed.problem);
      const key = { destination: parsed.value, clientNamespace };
      let publications = 0;
      const subscription = mesh.clientProfiles.subscribe(key, () => publications++);
      return {
        get value() {
          return subscription.latest.value;
        },
        get publications(): number {
          return publications;
        },
        close: () => subscription.close(),
      };
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

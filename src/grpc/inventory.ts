import process from 'node:process';
import { status } from '@grpc/grpc-js';
import { type PodId, serviceId } from '../core/ids.js';
import { parseLabelQuery } from '../core/label-query.js';
import type { PodSelection } from '../core/resource.js';
import {
  type ApiServer,
  type CheckResult,
  type Pod,
  type ServiceSummary,
  ServiceType,
} from '../gen/conduit/api/v1/api.js';
import type { Mesh } from '../mesh/mesh.js';
import type { ServiceRow } from '../mesh/rows.js';
import type { SelectedPod } from '../mesh/selectable-pods.js';
import { toTimestamp } from '../wire/timestamp.js';
import { StatusError } from './status.js';

export interface InventoryOptions {
  readonly mesh: Mesh;
  readonly version: string;
  /** When a pod's sidecar last reported, in milliseconds since 1970; undefined where it hasn't. */
  readonly lastReportMs: (pod: PodId) => number | undefined;
  /** What to look at, and what there is to say of it. */
  readonly selfCheck: () => readonly CheckResult[] | Promise<readonly CheckResult[]>;
}

/** The calls of `conduit.api.v1.Api` that tell what there is. */
export function createInventory(
  options: InventoryOptions,
): Pick<ApiServer, 'listPods' | 'listServices' | 'version' | 'selfCheck'> {
  const { mesh, version, lastReportMs, selfCheck } = options;
  return {
    listPods({ request }, respond) {
      const labels = parseLabelQuery(request.labelSelector);
      if (!labels.ok) throw new StatusError(status.INVALID_ARGUMENT, `label_selector: ${labels.problem}`);
      const selection = inNamespace('Pod', request.namespace, labels.value);
      const { exists, pods } = mesh.selectedPods.read(selection);
      if (!exists) throw noNamespace(request.namespace);
      respond(null, {
        pods: pods.filter(({ phase }) => phase !== 'ended').map((pod) => toPod(pod, lastReportMs(pod.id))),
      });
    },
    listServices({ request }, respond) {
      const { exists, resources } = mesh.selectedResources.read(
        inNamespace('Service', request.namespace, []),
      );
      if (!exists) throw noNamespace(request.namespace);
      const rows = resources.map(({ id }) => mesh.tables.services.get(serviceId(id.namespace, id.name)));
      respond(null, { services: rows.filter((row) => row !== undefined).map(toService) });
    },
    version(_call, respond) {
      respond(null, { version, nodeVersion: process.version });
    },
    selfCheck(_call, respond) {
      Promise.resolve(selfCheck()).then(
        (results) => respond(null, { results: [...results] }),
        (error: unknown) => respond(error instanceof Error ? error : new Error(String(error))),
      );
    },
  };
}

function inNamespace(
  kind: PodSelection['kind'],
  namespace: string,
  labels: PodSelection['labels'],
): PodSelection {
  return { kind, namespace: namespace === '' ? undefined : namespace, name: undefined, labels };
}

function noNamespace(namespace: string): StatusError {
  return new StatusError(status.NOT_FOUND, `there is no namespace ${namespace}`);
}

function toPod({ ips, isMeshed, workload }: SelectedPod, reportedAtMs: number | undefined): Pod {
  const { namespace, name, owner } = workload;
  return {
    namespace,
    name,
    ips: [...ips],
    owner: { kind: owner.kind, namespace, name: owner.name },
    meshed: isMeshed,
    lastReport: reportedAtMs === undefined ? undefined : toTimestamp(reportedAtMs),
  };
}

const serviceTypes: Readonly<Record<ServiceRow['type'], ServiceType>> = {
  ClusterIP: ServiceType.CLUSTER_IP,
  NodePort: ServiceType.NODE_PORT,
  LoadBalancer: ServiceType.LOAD_BALANCER,
  ExternalName: ServiceType.EXTERNAL_NAME,
};

function toService({ namespace, name, type, clusterIps, ports }: ServiceRow): ServiceSummary {
  return {
    namespace,
    name,
    type: serviceTypes[type],
    clusterIps: [...clusterIps],
    ports: ports.map((port) => ({ name: port.name, number: port.port })),
  };
}

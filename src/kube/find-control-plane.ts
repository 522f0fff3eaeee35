import type { ApiClient } from './api-client.js';
import { JsonNode } from './decode/json-node.js';

/** A pod of the control plane that is ready, and its port for tooling. */
export interface ControlPlanePod {
  readonly name: string;
  readonly port: number;
}

/** What the pods of a control plane that serve tooling are labelled with. */
export const controlPlaneSelector = 'conduit.io/control-plane-component=controller';

/** The name of the container port for tooling; a pod without one is taken to listen at `defaultPort`. */
const portName = 'api';
const defaultPort = 8085;

/** Pods of a control plane that are there, and one of those that are ready. Throws an `ApiError`. */
export async function findControlPlane(options: {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}): Promise<{ readonly count: number; readonly ready: ControlPlanePod | undefined }> {
  const { client, namespace, signal } = options;
  const list = await client.getJson({
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    query: { labelSelector: controlPlaneSelector },
    signal,
    responseMs: 10_000,
  });
  const pods = JsonNode.root(list).get('items').items();
  return { count: pods.length, ready: pods.filter(isReady).map(describe)[0] };
}

function isReady(pod: JsonNode): boolean {
  const conditions = pod.get('status').get('conditions').items();
  const ready = conditions.find((one) => one.get('type').string() === 'Ready');
  return !pod.get('metadata').get('deletionTimestamp').exists && ready?.get('status').string() === 'True';
}

function describe(pod: JsonNode): ControlPlanePod {
  const ports = pod
    .get('spec')
    .get('containers')
    .items()
    .flatMap((container) => container.get('ports').items());
  const named = ports.find((one) => one.get('name').string() === portName);
  return {
    name: pod.get('metadata').get('name').string() ?? '',
    port: Number(named?.get('containerPort').value ?? defaultPort),
  };
}

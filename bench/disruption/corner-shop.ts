import { setTimeout } from 'node:timers/promises';
import type { Stats } from '../../examples/programs/tally.js';

/** The parts of Kubernetes objects that are looked at. */
interface KubeObject {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly podIP?: string;
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

export type Workload =
  | 'deployments/web'
  | 'deployments/catalog'
  | 'deployments/orders'
  | 'statefulsets/stock';

export const workloads: readonly Workload[] = [
  'deployments/web',
  'deployments/catalog',
  'deployments/orders',
  'statefulsets/stock',
];

/** What came of all the shoppers' requests so far. */
export interface Books {
  readonly requests: number;
  readonly onPurpose: number;
  readonly failed: number;
  /** The last ones, in words. */
  readonly failures: readonly string[];
}

/** The example in a sandbox, by the Kubernetes API. */
export class CornerShop {
  readonly #url: string;

  constructor(kubeApi: string) {
    this.#url = kubeApi;
  }

  scale(workload: Workload, replicas: number): Promise<void> {
    return this.#patch(workload, { spec: { replicas } });
  }

  restart(workload: Workload): Promise<void> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    return this.#patch(workload, { spec: { template: { metadata: { annotations } } } });
  }

  /** Deletes the first pod of a workload, in its own time. */
  async deletePod(workload: Workload): Promise<void> {
    const [pod] = await this.#pods(workload.split('/')[1] ?? '');
    await this.#call(`${corePath}/pods/${pod?.metadata.name}`, { method: 'DELETE' });
  }

  /** Waits until every workload has the pods that it should have, of the latest kind, and all are ready. */
  async settled(): Promise<void> {
    for (const workload of workloads) {
      while (!isSettled(await this.#get<KubeObject>(`${appsPath}/${workload}`))) await setTimeout(200);
    }
  }

  async books(): Promise<Books> {
    const shoppers = await this.#pods('shoppers');
    const all = await Promise.all(
      shoppers.map(
        async ({ status }) => (await fetch(`http://${status.podIP}:8090/`)).json() as Promise<Stats>,
      ),
    );
    const sum = (of: (stats: Stats) => number): number => all.reduce((total, stats) => total + of(stats), 0);
    const requests = sum(({ sent, inFlight }) => sent - inFlight);
    const onPurpose = sum(({ outcomes }) => outcomes['on purpose'] ?? 0);
    return {
      requests,
      onPurpose,
      failed:
        requests - onPurpose - sum(({ outcomes }) => outcomes['ok'] ?? 0) + sum(({ withheld }) => withheld),
      failures: all.flatMap(({ failures }) =>
        failures.map(({ at, request, outcome, detail }) => `${at} ${request}: ${outcome} ${detail}`),
      ),
    };
  }

  async #pods(app: string): Promise<readonly KubeObject[]> {
    const { items } = await this.#get<{ items: readonly KubeObject[] }>(
      `${corePath}/pods?labelSelector=app%3D${app}`,
    );
    return items;
  }

  async #get<T>(path: string): Promise<T> {
    return (await this.#call(path)).json() as Promise<T>;
  }

  async #patch(workload: Workload, patch: unknown): Promise<void> {
    await this.#call(`${appsPath}/${workload}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify(patch),
    });
  }

  async #call(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.#url}${path}`, init);
    if (!response.ok)
      throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}

const corePath = '/api/v1/namespaces/corner-shop';
const appsPath = '/apis/apps/v1/namespaces/corner-shop';

function isSettled({ metadata, spec, status }: KubeObject): boolean {
  const { observedGeneration = 0, replicas, updatedReplicas, readyReplicas } = status;
  return (
    observedGeneration >= metadata.generation &&
    [replicas, updatedReplicas, readyReplicas].every((count) => (count ?? 0) === spec.replicas)
  );
}

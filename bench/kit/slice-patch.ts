import { firstSliceName, serviceNames } from './cluster/cluster-objects.js';

/** An endpoint as a slice of the API server has it. */
export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean };
  readonly hints?: { readonly forZones: readonly { readonly name: string }[] } | undefined;
  readonly targetRef: unknown;
  readonly zone: string;
}

/** The first slice of a service, for changes through the API server. */
export class SlicePatch {
  readonly endpoints: readonly SliceEndpoint[];
  readonly #url: string;

  private constructor(url: string, endpoints: readonly SliceEndpoint[]) {
    this.#url = url;
    this.endpoints = endpoints;
  }

  /** The slice as it is now. */
  static async read(apiServerUrl: string, service: number): Promise<SlicePatch> {
    const { namespace } = serviceNames(service);
    const slices = `${apiServerUrl}/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const url = `${slices}/${firstSliceName(service)}`;
    const { endpoints } = (await (await fetch(url)).json()) as {
      readonly endpoints: readonly SliceEndpoint[];
    };
    return new SlicePatch(url, endpoints);
  }

  /** Replaces the endpoints in the API server. */
  async send(endpoints: readonly SliceEndpoint[]): Promise<void> {
    const response = await fetch(this.#url, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ endpoints }),
    });
    if (response.status !== 200) throw new Error(`PATCH answered ${response.status}`);
    await response.arrayBuffer();
  }
}

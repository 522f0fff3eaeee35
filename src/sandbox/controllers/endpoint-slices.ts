import { type Fields, textAt } from '../store/field.js';
import { jsonEqual } from '../store/immutable.js';
import type { KubeObject } from '../store/object.js';
import type { Store } from '../store/store.js';
import { createObject, deleteObject, updateObject } from './client.js';
import { type Endpoint, groupByPorts, isHeadless, targetRef } from './endpoint.js';
import * as kinds from './kinds.js';
import { ObjectIndex } from './object-index.js';
import { controlledBy } from './owner.js';
import { type SliceContent, assignSlices } from './slice-assignment.js';
import { withTriggerTime } from './trigger-times.js';

export const serviceNameLabel = 'kubernetes.io/service-name';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const headlessLabel = 'service.kubernetes.io/headless';
const manager = 'endpointslice-controller.k8s.io';

/** The slices that we keep, by `namespace/name` of their Service. */
export function indexSlices(store: Store): ObjectIndex {
  return new ObjectIndex(store, kinds.endpointSlices, (slice) => serviceOfSlice(slice));
}

/** The key of the Service that a slice of ours belongs to; none where the slice is somebody else's. */
export function serviceOfSlice({ metadata }: KubeObject): readonly string[] {
  const { namespace = '', labels = {} } = metadata;
  const service = labels[serviceNameLabel];
  return labels[managedByLabel] === manager && service !== undefined ? [`${namespace}/${service}`] : [];
}

/** Writes the discovery.k8s.io/v1 EndpointSlices of a Service. One that says what it should already isn't touched. */
export function writeSlices(
  store: Store,
  service: KubeObject,
  {
    endpoints,
    triggeredAtMs,
    present,
  }: {
    readonly endpoints: readonly Endpoint[];
    readonly triggeredAtMs: number | undefined;
    readonly present: readonly KubeObject[];
  },
): void {
  const living = present.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const withHints = prefersOwnZone(service);
  const groups = groupByPorts(endpoints).map((group) => ({
    ports: group.ports.map((port) => ({ ...port })),
    endpoints: group.endpoints.map((endpoint) => sliceEndpoint(endpoint, withHints)),
  }));
  const contents = assignSlices(groups, living);
  for (const content of contents) {
    const wanted = sliceObject(service, content);
    const triggered = withTriggerTime(wanted, triggeredAtMs);
    if (!content.slice) createObject(store, kinds.endpointSlices, triggered);
    else if (!jsonEqual(wanted, content.slice)) updateObject(store, kinds.endpointSlices, triggered);
  }
  for (const slice of living) {
    if (!contents.some((content) => content.slice === slice))
      deleteObject(store, kinds.endpointSlices, slice);
  }
}

function sliceEndpoint({ pod, ip, zone, hostname, ...state }: Endpoint, withHint: boolean): Fields {
  const { ready, serving, terminating } = state;
  return {
    addresses: [ip],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    targetRef: targetRef(pod),
    ...(pod.nodeName !== undefined && { nodeName: pod.nodeName }),
    ...(zone !== undefined && { zone }),
    ...(withHint && ready && zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
  };
}

/** `trafficDistribution`: clients of a zone are pointed to the endpoints in it. */
function prefersOwnZone(service: KubeObject): boolean {
  const distribution = textAt(service, 'spec', 'trafficDistribution');
  return distribution === 'PreferClose' || distribution === 'PreferSameZone';
}

function sliceObject(service: KubeObject, { slice, ports, endpoints }: SliceContent): KubeObject {
  const { name, namespace } = service.metadata;
  const metadata = slice?.metadata ?? { name: '', generateName: `${name}-`, ...(namespace && { namespace }) };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...metadata,
      labels: {
        ...service.metadata.labels,
        [serviceNameLabel]: name,
        [managedByLabel]: manager,
        ...headlessLabels(service),
      },
      ownerReferences: [controlledBy(service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
}

export function headlessLabels(service: KubeObject): Readonly<Record<string, string>> {
  return isHeadless(service) ? { [headlessLabel]: '' } : {};
}

import { type Fields, recordsAt } from '../store/field.js';
import { jsonEqual } from '../store/immutable.js';
import type { KubeObject } from '../store/object.js';
import type { Store } from '../store/store.js';
import { createObject, deleteObject, updateObject } from './client.js';
import { getByKey } from './controller.js';
import { type Endpoint, groupByPorts, targetRef } from './endpoint.js';
import { headlessLabels } from './endpoint-slices.js';
import * as kinds from './kinds.js';
import { withTriggerTime } from './trigger-times.js';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const manager = 'endpoint-controller';

/** More addresses than that don't go into one core/v1 Endpoints; the annotation tells that some were left out. */
const maxAddresses = 1_000;
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';

/** Writes the core/v1 Endpoints of a Service: the older form of the same facts, for those who still read it. */
export function writeEndpoints(
  store: Store,
  service: KubeObject,
  {
    endpoints,
    triggeredAtMs,
  }: { readonly endpoints: readonly Endpoint[]; readonly triggeredAtMs: number | undefined },
): void {
  const { name, namespace } = service.metadata;
  const present = store.get(kinds.endpoints, namespace, name);
  const wanted = endpointsObject(service, endpoints, present);
  const triggered = withTriggerTime(wanted, triggeredAtMs);
  if (!present) createObject(store, kinds.endpoints, triggered);
  else if (!jsonEqual(wanted, present)) updateObject(store, kinds.endpoints, triggered);
}

/** Removes the Endpoints of a Service that is gone: they share its name only. Somebody else's stay. */
export function removeEndpoints(store: Store, key: string): void {
  const endpoints = getByKey(store, kinds.endpoints, key);
  if (endpoints?.metadata.labels?.[managedByLabel] === manager)
    deleteObject(store, kinds.endpoints, endpoints);
}

function endpointsObject(
  service: KubeObject,
  endpoints: readonly Endpoint[],
  present: KubeObject | undefined,
): KubeObject {
  const { name, namespace, labels } = service.metadata;
  const needsPorts = recordsAt(service, 'spec', 'ports').length > 0;
  const addressed = endpoints.filter(({ ready, terminating, ports }) => {
    return (ready || !terminating) && (ports.length > 0 || !needsPorts);
  });
  const { annotations, ...metadata } = present?.metadata ?? { name, ...(namespace && { namespace }) };
  const { [overCapacityAnnotation]: _, ...others } = annotations ?? {};
  const wanted = {
    ...others,
    ...(addressed.length > maxAddresses && { [overCapacityAnnotation]: 'truncated' }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...metadata,
      labels: { ...labels, [managedByLabel]: manager, ...headlessLabels(service) },
      // An object without annotations has no such field: with one it would never equal what is present.
      ...(Object.keys(wanted).length > 0 && { annotations: wanted }),
    },
    subsets: subsets(mostUseful(addressed)),
  };
}

/** Ready addresses before others where there is no room for all. */
function mostUseful(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  if (endpoints.length <= maxAddresses) return endpoints;
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const others = endpoints.filter((endpoint) => !endpoint.ready);
  return [...ready, ...others].slice(0, maxAddresses);
}

/** One subset for each set of ports. Equal facts make equal subsets, whatever order they came in. */
function subsets(endpoints: readonly Endpoint[]): readonly Fields[] {
  return groupByPorts(endpoints).map((group) => {
    const ready = group.endpoints.filter((endpoint) => endpoint.ready);
    const notReady = group.endpoints.filter((endpoint) => !endpoint.ready);
    const ports = group.ports.map(({ name, ...port }) => ({ ...(name !== '' && { name }), ...port }));
    return {
      ...(ready.length > 0 && { addresses: addresses(ready) }),
      ...(notReady.length > 0 && { notReadyAddresses: addresses(notReady) }),
      ...(ports.length > 0 && { ports }),
    };
  });
}

function addresses(endpoints: readonly Endpoint[]): readonly Fields[] {
  const sorted = [...endpoints].sort((left, right) => (left.ip < right.ip ? -1 : 1));
  return sorted.map(({ ip, hostname, pod }) => ({
    ip,
    ...(hostname !== undefined && { hostname }),
    ...(pod.nodeName !== undefined && { nodeName: pod.nodeName }),
    targetRef: targetRef(pod),
  }));
}

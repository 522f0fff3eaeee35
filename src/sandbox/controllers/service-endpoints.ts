import { at } from '../store/field.js';
import type { StoreEvent } from '../store/store.js';
import { type Controller, type ControllerContext, getByKey, keyOf, startController } from './controller.js';
import { endpointsOf } from './endpoint.js';
import { indexSlices, serviceOfSlice, writeSlices } from './endpoint-slices.js';
import { removeEndpoints, writeEndpoints } from './endpoints-object.js';
import * as kinds from './kinds.js';
import { mapSelectorOf } from './labels.js';
import { podOf } from './pod.js';
import { TriggerTimes } from './trigger-times.js';

const zoneLabel = 'topology.kubernetes.io/zone';

/**
 * Keeps the EndpointSlices and the Endpoints of every Service that selects pods. Those of a Service without a selector
 * are somebody else's.
 */
export function startServiceEndpoints(context: ControllerContext): Controller {
  const { store, views, clock } = context;
  const slices = indexSlices(store);
  const triggers = new TriggerTimes();
  const zoneOf = (nodeName: string): string | undefined =>
    store.get(kinds.nodes, undefined, nodeName)?.metadata.labels?.[zoneLabel];

  // What is written here is as it should be: only the writes of others are a reason to look again.
  let isWriting = false;
  const unlessOurs = (keys: readonly string[]): readonly string[] => (isWriting ? [] : keys);

  const controller = startController(context, {
    name: 'endpoints',
    watches: [
      {
        type: kinds.services,
        keys: (event) => {
          triggers.sawService(event, clock.now());
          return [keyOf(event.object)];
        },
      },
      { type: kinds.endpoints, keys: ({ object }) => unlessOurs([keyOf(object)]) },
      {
        type: kinds.pods,
        keys: (event) => {
          triggers.sawPod(event, clock.now());
          return servicesOfPod(context, event);
        },
      },
      { type: kinds.nodes, keys: (event) => servicesOfNode(context, event) },
      { type: kinds.endpointSlices, keys: ({ object }) => unlessOurs(serviceOfSlice(object)) },
    ],
    reconcile: (key) => {
      const service = getByKey(store, kinds.services, key);
      if (!service) {
        triggers.forget(key);
        removeEndpoints(store, key);
        return;
      }
      const selector = mapSelectorOf(at(service, 'spec', 'selector'));
      if (selector.isEmpty || at(service, 'spec', 'type') === 'ExternalName') return;
      const pods = views.podsByLabel.selected(service.metadata.namespace ?? '', selector).map(podOf);
      const endpoints = endpointsOf(service, pods, zoneOf);
      const triggeredAtMs = triggers.next(key, service, pods);
      isWriting = true;
      try {
        writeSlices(store, service, { endpoints, triggeredAtMs, present: slices.get(key) });
        writeEndpoints(store, service, { endpoints, triggeredAtMs });
      } finally {
        isWriting = false;
      }
    },
  });
  return {
    stop: () => {
      controller.stop();
      slices.close();
    },
  };
}

/** The Services that select a pod by its labels, or did before they changed. */
function servicesOfPod({ views }: ControllerContext, { object, previous }: StoreEvent): readonly string[] {
  const { namespace = '', labels } = object.metadata;
  const before = previous?.metadata.labels;
  const states = before === undefined || before === labels ? [labels] : [labels, before];
  return states.flatMap((state) => views.servicesBySelector.selecting(namespace, state ?? {}).map(keyOf));
}

/** A node that moves to another zone takes its pods with it. */
function servicesOfNode(context: ControllerContext, event: StoreEvent): readonly string[] {
  const { object, previous } = event;
  if (previous?.metadata.labels?.[zoneLabel] === object.metadata.labels?.[zoneLabel]) return [];
  const pods = context.views.podsByNode.get(object.metadata.name);
  return pods.flatMap((pod) => servicesOfPod(context, { type: 'MODIFIED', object: pod }));
}

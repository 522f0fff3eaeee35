import { type KubeObject, timestamp } from '../store/object.js';
import type { Store } from '../store/store.js';
import { createObject } from './client.js';
import type { Clock } from './clock.js';
import * as kinds from './kinds.js';

const zones = ['zone-a', 'zone-b', 'zone-c'];

export interface NodeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly count: number;
}

/** Adds `node-1`, `node-2`, … to the store, spread over three zones. A node that is there already stays as it is. */
export function seedNodes({ store, clock, count }: NodeOptions): void {
  for (let number = 1; number <= count; number += 1) {
    const node = nodeObject(number, timestamp(new Date(clock.now())));
    if (!store.get(kinds.nodes, undefined, node.metadata.name)) createObject(store, kinds.nodes, node);
  }
}

function nodeObject(number: number, now: string): KubeObject {
  const name = `node-${number}`;
  const ready = { reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'sandbox',
        'topology.kubernetes.io/zone': zones[(number - 1) % zones.length] ?? '',
      },
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: nodeAddress(number) },
        { type: 'Hostname', address: name },
      ],
      capacity,
      allocatable: capacity,
      conditions: [
        { type: 'Ready', status: 'True', ...ready, lastHeartbeatTime: now, lastTransitionTime: now },
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'Conduit sandbox',
        kernelVersion: 'none',
        containerRuntimeVersion: 'sandbox://1.0',
        kubeletVersion: 'v1.32.0',
      },
    },
  };
}

const capacity = { cpu: '8', memory: '16Gi', pods: '1000' };

/** In 127.112.0.0/16, which neither pods nor services use. */
function nodeAddress(number: number): string {
  return `127.112.${Math.floor((number - 1) / 250)}.${((number - 1) % 250) + 1}`;
}

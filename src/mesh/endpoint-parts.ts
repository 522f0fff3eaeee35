import { type AddressKey, addressKey, type Endpoint, type ProtocolHint } from '../core/endpoint.js';
import { type EndpointPart, endpointPartsEqual } from '../core/endpoint-set.js';
import type { BackendsId } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { Backend } from './rows.js';
import type { MeshTables } from './tables.js';
import { resolveTargetPort, type TargetPort } from './target-port.js';
import type { Workloads } from './workloads.js';

/** One object's backends, asked for one port and, for a StatefulSet's instance, one hostname. */
export interface EndpointPartKey {
  readonly backends: BackendsId;
  readonly target: TargetPort;
  readonly hostname: string | undefined;
}

/** The share that each object that declares backends has in a destination's endpoints. */
export type EndpointParts = View<EndpointPartKey, EndpointPart>;

export interface EndpointOptions {
  /** Whether proxies may carry HTTP/1 over HTTP/2 between each other. */
  readonly enableH2Upgrade: boolean;
}

/** Linkerd's unit of weight, so that a fraction of one endpoint's share can be said in whole numbers. */
const defaultWeight = 10_000;

export function createEndpointParts(
  engine: Engine,
  tables: MeshTables,
  workloads: Workloads,
  options: EndpointOptions,
): EndpointParts {
  return new View<EndpointPartKey, EndpointPart>(engine, {
    name: 'endpoint_parts',
    id: ({ backends, target, hostname = '' }) =>
      `${backends}|${target.kind === 'named' ? target.name : target.port}|${target.kind}|${hostname}`,
    equal: endpointPartsEqual,
    derive(read, { backends, target, hostname }) {
      const part = new Map<AddressKey, Endpoint>();
      for (const group of read.get(tables.backends, backends)?.groups ?? []) {
        const port = resolveTargetPort(target, group);
        if (port === undefined) continue;
        for (const backend of group.backends) {
          if (hostname !== undefined && backend.hostname !== hostname) continue;
          const endpoint = toEndpoint(read, workloads, backend, port, options);
          if (endpoint !== undefined) part.set(addressKey(endpoint.ip, endpoint.port), endpoint);
        }
      }
      return part;
    },
  });
}

/**
 * The endpoint a backend is at this moment; undefined for one that must get no traffic: it isn't ready, or it names a
 * pod that isn't known (yet, or any more), whose identity and protocol a client could only be told wrong.
 */
function toEndpoint(
  read: Reader,
  workloads: Workloads,
  backend: Backend,
  port: number,
  { enableH2Upgrade }: EndpointOptions,
): Endpoint | undefined {
  if (!backend.ready) return undefined;
  const { ip, zone, target } = backend;
  switch (target.kind) {
    case 'Address':
      return { ip, port, weight: defaultWeight, zone, workload: undefined, hint: undefined };
    case 'Pod': {
      const pod = read.view(workloads, target.id);
      if (pod === undefined || (target.uid !== undefined && target.uid !== pod.uid)) return undefined;
      const { workload } = pod;
      const hint = workload.controlPlaneNamespace === undefined ? undefined : sidecarHint(enableH2Upgrade);
      return { ip, port, weight: defaultWeight, zone, workload, hint };
    }
    case 'Other':
      return undefined;
  }
}

function sidecarHint(enableH2Upgrade: boolean): ProtocolHint {
  return enableH2Upgrade ? h2Hint : unknownHint;
}

const h2Hint: ProtocolHint = Object.freeze({ protocol: 'h2' });
const unknownHint: ProtocolHint = Object.freeze({ protocol: 'unknown' });

import fc from 'fast-check';
import { externalWorkloadId, nodeName, podId, zone } from '../../src/core/ids.js';
import type { Backend, BackendTarget, ServiceRow } from '../../src/mesh/rows.js';
import type { AnyRow } from '../kit/mesh.js';
import {
  bareBackend,
  externalWorkloadRow,
  nodeRow,
  podRow,
  serverRow,
  serviceProfileRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';

/** Clusters with one service, `shop/web`, in which the same few addresses, pods, zones and names meet in every way. */

const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fd00::2');
const podName = fc.constantFrom('p1', 'p2', 'p3');
const zones = fc.constantFrom(undefined, [], [zone('east')], [zone('west')], [zone('east'), zone('west')]);
const target: fc.Arbitrary<BackendTarget> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<BackendTarget>({ kind: 'Address' }) },
  { weight: 1, arbitrary: fc.constant<BackendTarget>({ kind: 'Other', targetKind: 'Node' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('uid-vm', 'other', undefined).map((uid) => ({
      kind: 'ExternalWorkload' as const,
      id: externalWorkloadId('shop', 'vm'),
      uid,
    })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(podName, fc.constantFrom('same', 'same', 'same', 'other', undefined))
      .map(([name, uid]) => ({
        kind: 'Pod' as const,
        id: podId('shop', name),
        uid: uid === 'same' ? `uid-${name}` : uid,
      })),
  },
);
const backend: fc.Arbitrary<Backend> = fc
  .record({
    ip,
    ready: fc.constantFrom(true, true, true, false),
    target,
    hostname: fc.constantFrom(undefined, 'web-0', 'web-1'),
    forZones: zones,
  })
  .map(({ ip: address, ...fields }) => bareBackend(address, fields));
const ports = fc.constantFrom(
  [{ name: 'http', port: 8080 }],
  [{ name: 'http', port: 8080 }],
  [{ name: 'http', port: 9090 }],
  [{ name: 'grpc', port: 8080 }],
  [],
);
const slice = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c'),
    fc.array(fc.tuple(fc.array(backend, { maxLength: 5 }), ports), { maxLength: 2 }),
  )
  .map(([suffix, groups]) => ({
    slice: {
      ...sliceRow('web', suffix, []),
      groups: groups.map(([backends, groupPorts]) => ({ ports: groupPorts, backends })),
    },
  }));
const pod = fc
  .record({
    name: podName,
    controlPlaneNamespace: fc.constantFrom(undefined, 'conduit', 'other'),
    nodeName: fc.constantFrom(undefined, nodeName('n1'), nodeName('n2')),
    opaquePorts: fc.constantFrom(undefined, [], [{ from: 8080, to: 8080 }]),
    labels: fc.constantFrom({}, { app: 'web' }),
    ips: fc.constantFrom([], ['10.0.0.1'], ['10.0.0.2', 'fd00::1']),
    phase: fc.constantFrom('running' as const, 'running' as const, 'ended' as const),
  })
  .map(({ name, ...fields }) => ({ pod: podRow(name, fields) }));
const service = fc
  .record({
    portName: fc.constantFrom('http', 'http', 'http', 'other'),
    type: fc.constantFrom<ServiceRow['type'][]>('ClusterIP', 'ClusterIP', 'ClusterIP', 'ExternalName'),
    clusterIps: fc.constantFrom([], ['10.96.0.1']),
    opaquePorts: fc.constantFrom(undefined, [], [{ from: 80, to: 80 }]),
    internalTrafficPolicy: fc.constantFrom<ServiceRow['internalTrafficPolicy'][]>(
      'Cluster',
      'Cluster',
      'Local',
    ),
  })
  .map(({ portName, ...fields }) => ({
    service: serviceRow('web', { ...fields, ports: [{ name: portName, port: 80 }] }),
  }));
const node = fc
  .tuple(fc.constantFrom('n1', 'n2'), fc.constantFrom('east', 'west', undefined))
  .map((fields) => ({ node: nodeRow(...fields) }));

const profile = fc
  .tuple(
    fc.constantFrom('shop', 'client'),
    fc.constantFrom([], [{ authority: 'other.shop.svc.cluster.local', weight: 1 }]),
  )
  .map(([from, overrides]) => ({ profile: serviceProfileRow('web', { overrides }, from) }));

const vmSocket = { ips: ['10.0.0.3'], ports: [{ name: '', port: 8080, hostPort: undefined }] };

/** Rows to apply; of several with the same key the last one counts. The service may be missing. */
export const clusterRows: fc.Arbitrary<readonly AnyRow[]> = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.array(service, { minLength: 1, maxLength: 1 }) }, fc.constant([])),
    fc.array(slice, { maxLength: 4 }),
    fc.array(pod, { maxLength: 4 }),
    fc.array(node, { maxLength: 2 }),
    fc.array(profile, { maxLength: 2 }),
    fc.constantFrom([], [{ external: externalWorkloadRow('vm', vmSocket) }]),
    fc.constantFrom([], [{ server: serverRow('web', 'web', { port: { kind: 'number', port: 8080 } }) }]),
  )
  .map((rows) => rows.flat());

import { describe, expect, test } from 'vitest';
import { externalWorkloadDecoder } from '../../../src/kube/decode/external-workload.js';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import { rawExternalWorkload } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const decode = externalWorkloadDecoder(meshLabels('linkerd.io'));

describe('external workloads', () => {
  test('all that is kept', () => {
    const raw = rawExternalWorkload('vm-1', {
      namespace: 'shop',
      uid: 'u-1',
      labels: { app: 'legacy' },
      annotations: { 'config.linkerd.io/opaque-ports': '3306,http', 'config.conduit.io/opaque-ports': '1' },
      owners: [{ kind: 'WorkloadGroup', name: 'vms' }],
      spec: {
        meshTLS: { identity: 'spiffe://root.example/vm-1', serverName: 'vm-1.example' },
        ports: [
          { name: 'http', port: 8080, protocol: 'TCP' },
          { port: 9090 },
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'linkerd-proxy', port: 4444 },
        ],
        workloadIPs: [{ ip: '192.0.2.1' }, { ip: '2001:DB8::1' }, { ip: '192.0.2.1' }],
      },
    });
    expect(rowOf(decode, raw)).toStrictEqual({
      id: 'shop/vm-1',
      namespace: 'shop',
      name: 'vm-1',
      uid: 'u-1',
      owner: { kind: 'WorkloadGroup', name: 'vms' },
      labels: { app: 'legacy' },
      ips: ['192.0.2.1', '2001:db8::1'],
      ports: [
        { name: 'http', port: 8080, hostPort: undefined },
        { name: '', port: 9090, hostPort: undefined },
        { name: 'linkerd-proxy', port: 4444, hostPort: undefined },
      ],
      opaquePorts: [
        { from: 3306, to: 3306 },
        { from: 8080, to: 8080 },
      ],
      inboundPort: 4444,
      identity: 'spiffe://root.example/vm-1',
      serverName: 'vm-1.example',
    });
  });

  test('what is left out is empty, or has its default', () => {
    const raw = rawExternalWorkload('vm', { spec: { ports: null, workloadIPs: undefined } });
    expect(rowOf(decode, raw)).toMatchObject({
      owner: undefined,
      labels: {},
      ips: [],
      ports: [],
      opaquePorts: undefined,
      inboundPort: 4143,
    });
  });

  test('the proxy’s port has the name that the mesh domain gives it', () => {
    const raw = rawExternalWorkload('vm', { spec: { ports: [{ name: 'conduit-proxy', port: 4444 }] } });
    expect(rowOf(decode, raw).inboundPort).toBe(4143);
    expect(rowOf(externalWorkloadDecoder(meshLabels('conduit.io')), raw).inboundPort).toBe(4444);
  });

  test('bad parts are left out beside good ones', () => {
    const raw = rawExternalWorkload('vm', {
      annotations: { 'config.linkerd.io/opaque-ports': '25,nothing' },
      spec: {
        ports: [
          { name: 'a', port: 0 },
          { name: 'b' },
          { name: 7, port: 7 },
          { port: 8, protocol: 9 },
          'c',
          { name: 'd', port: 80 },
        ],
        workloadIPs: [{ ip: 'host' }, { ip: 7 }, 'x', {}, { ip: '192.0.2.1' }],
      },
    });
    const labelled = withField(raw, 'metadata.labels', { app: 'legacy', bad: [] });
    expect(decodeRaw(decode, labelled)).toMatchObject({
      kind: 'row',
      row: {
        labels: { app: 'legacy' },
        ips: ['192.0.2.1'],
        ports: [{ name: 'd', port: 80 }],
        opaquePorts: [{ from: 25, to: 25 }],
      },
      warnings: [
        { field: 'spec.ports[0].port', value: '0' },
        { field: 'spec.ports[1].port', value: 'nothing' },
        { field: 'spec.ports[2].name', value: '7' },
        { field: 'spec.ports[3].protocol', value: '9' },
        { field: 'spec.ports[4]', value: '"c"' },
        { field: 'metadata.annotations["config.linkerd.io/opaque-ports"]' },
        { field: 'metadata.labels.bad', value: '[]' },
        { field: 'spec.workloadIPs[2]', value: '"x"' },
        { field: 'spec.workloadIPs[0].ip', value: '"host"' },
        { field: 'spec.workloadIPs[1].ip', value: '7' },
      ],
    });
  });

  test.each([
    ['spec.meshTLS', undefined, 'spec.meshTLS.identity', 'nothing', 'a non-empty string'],
    ['spec.meshTLS', 7, 'spec.meshTLS', '7', 'an object'],
    ['spec.meshTLS.identity', '', 'spec.meshTLS.identity', '""', 'a non-empty string'],
    ['spec.meshTLS.serverName', null, 'spec.meshTLS.serverName', 'null', 'a non-empty string'],
    ['metadata.uid', undefined, 'metadata.uid', 'nothing', 'a non-empty string'],
    ['metadata.ownerReferences', {}, 'metadata.ownerReferences', '{}', 'an array'],
  ])('%s = %j makes it malformed', (path, value, field, shown, expected) => {
    expect(decodeRaw(decode, withField(rawExternalWorkload('vm'), path, value))).toEqual({
      kind: 'malformed',
      problem: { field, value: shown, expected },
    });
  });

  test('a name that an annotation repeats is the same ports', () => {
    const raw = rawExternalWorkload('vm', {
      annotations: { 'config.linkerd.io/opaque-ports': 'a, a,b,1,a,b ,1' },
      spec: {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
          { name: 'a', port: 82 },
        ],
      },
    });
    expect(rowOf(decode, raw).opaquePorts?.map(({ from }) => from)).toEqual([80, 82, 81, 1]);
  });
});

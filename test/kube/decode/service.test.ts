import { describe, expect, test } from 'vitest';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import { serviceDecoder } from '../../../src/kube/decode/service.js';
import { rawService } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const decode = serviceDecoder(meshLabels('conduit.io'));

describe('services', () => {
  test('all that is kept', () => {
    const spec = {
      type: 'NodePort',
      ports: [
        { name: 'http', port: 80, targetPort: 'web', nodePort: 30_080 },
        { name: 'admin', port: 9990 },
      ],
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10', 'FD00:0::A'],
      internalTrafficPolicy: 'Local',
    };
    const annotations = {
      'config.conduit.io/opaque-ports': '3306,admin',
      'config.linkerd.io/opaque-ports': '1',
    };
    expect(rowOf(decode, rawService('web', { namespace: 'shop', spec, annotations }))).toStrictEqual({
      id: 'shop/web',
      namespace: 'shop',
      name: 'web',
      type: 'NodePort',
      ports: [
        { name: 'http', port: 80 },
        { name: 'admin', port: 9990 },
      ],
      clusterIps: ['10.96.0.10', 'fd00::a'],
      opaquePorts: [
        { from: 3306, to: 3306 },
        { from: 9990, to: 9990 },
      ],
      internalTrafficPolicy: 'Local',
    });
  });

  test('what is left out has its default', () => {
    const spec = { type: undefined, internalTrafficPolicy: undefined, ports: [{ port: 80 }] };
    expect(rowOf(decode, rawService('web', { spec }))).toMatchObject({
      type: 'ClusterIP',
      ports: [{ name: '', port: 80 }],
      internalTrafficPolicy: 'Cluster',
    });
  });

  test.each(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])('type %s', (type) => {
    expect(rowOf(decode, rawService('web', { spec: { type } })).type).toBe(type);
  });

  test('an ExternalName has no ports', () => {
    const spec = { type: 'ExternalName', externalName: 'example.com', ports: undefined };
    expect(rowOf(decode, rawService('web', { spec })).ports).toEqual([]);
  });

  test('ports of other transports are left out, also beside a TCP port of the same number', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'sctp', port: 54, protocol: 'SCTP' },
    ];
    expect(rowOf(decode, rawService('dns', { spec: { ports } })).ports).toEqual([
      { name: 'dns-tcp', port: 53 },
    ]);
  });

  test('what is wrong with one port, or unheard of, is a warning', () => {
    const spec = {
      type: 'Quantum',
      internalTrafficPolicy: 'Nearby',
      ports: [{ name: 'a', port: 80 }, { name: 'b', port: '81' }, { name: 'c' }, { name: 3, port: 82 }],
    };
    expect(decodeRaw(decode, rawService('web', { spec }))).toEqual({
      kind: 'row',
      row: {
        id: 'default/web',
        namespace: 'default',
        name: 'web',
        type: 'ClusterIP',
        ports: [{ name: 'a', port: 80 }],
        clusterIps: ['10.96.0.10'],
        opaquePorts: undefined,
        internalTrafficPolicy: 'Cluster',
      },
      warnings: [
        { field: 'spec.ports[1].port', value: '"81"', expected: 'a port, 1 to 65535' },
        { field: 'spec.ports[2].port', value: 'nothing', expected: 'a port, 1 to 65535' },
        { field: 'spec.ports[3].name', value: '3', expected: 'a string' },
        {
          field: 'spec.type',
          value: '"Quantum"',
          expected: 'one of ClusterIP, NodePort, LoadBalancer, ExternalName',
        },
        { field: 'spec.internalTrafficPolicy', value: '"Nearby"', expected: 'one of Cluster, Local' },
      ],
    });
  });

  test('ports that aren’t a list make it malformed', () => {
    expect(decodeRaw(decode, withField(rawService('web'), 'spec.ports', 80))).toEqual({
      kind: 'malformed',
      problem: { field: 'spec.ports', value: '80', expected: 'an array' },
    });
  });
});

describe('cluster IPs', () => {
  test.each([
    [
      'those of the list',
      { clusterIPs: ['10.0.0.1', '::FFFF:10.0.0.2'], clusterIP: '10.0.0.9' },
      ['10.0.0.1', '10.0.0.2'],
    ],
    ['each once', { clusterIPs: ['fd00::1', 'FD00:0::1'] }, ['fd00::1']],
    ['the one, without a list', { clusterIPs: undefined, clusterIP: '10.0.0.1' }, ['10.0.0.1']],
    ['the one, with an empty list', { clusterIPs: [], clusterIP: '10.0.0.1' }, ['10.0.0.1']],
    ['none of a headless service', { clusterIPs: ['None'], clusterIP: 'None' }, []],
    ['none of a headless service on an old API server', { clusterIP: 'None' }, []],
    ['none that is empty', { clusterIPs: [''], clusterIP: '' }, []],
    ['none where nothing is', { clusterIPs: null, clusterIP: null }, []],
  ])('are %s', (_, spec, expected) => {
    expect(rowOf(decode, rawService('web', { spec })).clusterIps).toEqual(expected);
  });

  test('a bad one is left out beside good ones', () => {
    const spec = { clusterIPs: ['10.0.0.1', 'nonsense', 7, '10.0.0.2'] };
    expect(decodeRaw(decode, rawService('web', { spec }))).toMatchObject({
      row: { clusterIps: ['10.0.0.1', '10.0.0.2'], ports: [{ port: 80 }] },
      warnings: [
        { field: 'spec.clusterIPs[1]', value: '"nonsense"', expected: 'an IP address' },
        { field: 'spec.clusterIPs[2]', value: '7', expected: 'a string' },
      ],
    });
  });

  test('a list that is none leaves the one', () => {
    const spec = { clusterIPs: 'all', clusterIP: '10.0.0.1' };
    expect(decodeRaw(decode, rawService('web', { spec }))).toMatchObject({
      row: { clusterIps: ['10.0.0.1'] },
      warnings: [{ field: 'spec.clusterIPs', value: '"all"', expected: 'an array' }],
    });
  });
});

describe('opaque ports', () => {
  const opaque = (annotations: unknown) =>
    decodeRaw(decode, withField(rawService('web'), 'metadata.annotations', annotations));

  test.each([
    ['not said', {}, undefined],
    ['not said by another mesh domain', { 'config.linkerd.io/opaque-ports': '80' }, undefined],
    ['none', { 'config.conduit.io/opaque-ports': '' }, []],
    [
      'by name and in ranges',
      { 'config.conduit.io/opaque-ports': ' http ,1-2' },
      [
        { from: 80, to: 80 },
        { from: 1, to: 2 },
      ],
    ],
  ])('%s', (_, annotations, opaquePorts) => {
    expect(opaque(annotations)).toMatchObject({ row: { opaquePorts }, warnings: [] });
  });

  test('what makes no sense is left out', () => {
    expect(opaque({ 'config.conduit.io/opaque-ports': '80,nothing,0,9-8' })).toMatchObject({
      row: { opaquePorts: [{ from: 80, to: 80 }] },
      warnings: [
        {
          field: 'metadata.annotations["config.conduit.io/opaque-ports"]',
          value: '"80,nothing,0,9-8"',
          expected: 'ports, ranges of ports or names of declared ports, separated by commas',
        },
      ],
    });
    expect(opaque({ 'config.conduit.io/opaque-ports': 80 })).toMatchObject({
      row: { opaquePorts: undefined },
      warnings: [{ value: '80', expected: 'a string' }],
    });
    expect(opaque('none')).toMatchObject({
      row: { opaquePorts: undefined, ports: [{ port: 80 }] },
      warnings: [{ field: 'metadata.annotations', value: '"none"', expected: 'an object' }],
    });
  });
});

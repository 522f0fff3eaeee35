import { describe, expect, test } from 'vitest';
import { serviceDecoder } from '../../../src/kube/decode/service.js';
import { rawService } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

describe('services', () => {
  test('all that is kept', () => {
    const spec = {
      type: 'NodePort',
      ports: [
        { name: 'http', port: 80, targetPort: 'web', nodePort: 30_080 },
        { name: 'admin', port: 9990 },
      ],
      internalTrafficPolicy: 'Local',
    };
    expect(rowOf(serviceDecoder(), rawService('web', { namespace: 'shop', spec }))).toStrictEqual({
      id: 'shop/web',
      namespace: 'shop',
      name: 'web',
      type: 'NodePort',
      ports: [
        { name: 'http', port: 80 },
        { name: 'admin', port: 9990 },
      ],
      internalTrafficPolicy: 'Local',
    });
  });

  test('what is left out has its default', () => {
    const spec = { type: undefined, internalTrafficPolicy: undefined, ports: [{ port: 80 }] };
    expect(rowOf(serviceDecoder(), rawService('web', { spec }))).toMatchObject({
      type: 'ClusterIP',
      ports: [{ name: '', port: 80 }],
      internalTrafficPolicy: 'Cluster',
    });
  });

  test.each(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])('type %s', (type) => {
    expect(rowOf(serviceDecoder(), rawService('web', { spec: { type } })).type).toBe(type);
  });

  test('an ExternalName has no ports', () => {
    const spec = { type: 'ExternalName', externalName: 'example.com', ports: undefined };
    expect(rowOf(serviceDecoder(), rawService('web', { spec })).ports).toEqual([]);
  });

  test('ports of other transports are left out, also beside a TCP port of the same number', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'sctp', port: 54, protocol: 'SCTP' },
    ];
    expect(rowOf(serviceDecoder(), rawService('dns', { spec: { ports } })).ports).toEqual([
      { name: 'dns-tcp', port: 53 },
    ]);
  });

  test('what is wrong with one port, or unheard of, is a warning', () => {
    const spec = {
      type: 'Quantum',
      internalTrafficPolicy: 'Nearby',
      ports: [{ name: 'a', port: 80 }, { name: 'b', port: '81' }, { name: 'c' }, { name: 3, port: 82 }],
    };
    expect(decodeRaw(serviceDecoder(), rawService('web', { spec }))).toEqual({
      kind: 'row',
      row: {
        id: 'default/web',
        namespace: 'default',
        name: 'web',
        type: 'ClusterIP',
        ports: [{ name: 'a', port: 80 }],
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
    expect(decodeRaw(serviceDecoder(), withField(rawService('web'), 'spec.ports', 80))).toEqual({
      kind: 'malformed',
      problem: { field: 'spec.ports', value: '80', expected: 'an array' },
    });
  });
});

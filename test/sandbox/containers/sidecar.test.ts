import { describe, expect, test } from 'vitest';
import {
  type SidecarOptions,
  hasSidecar,
  meshEnvironment,
  programAddress,
  sidecarArguments,
} from '../../../src/sandbox/containers/sidecar.js';

const options: SidecarOptions = {
  program: { file: 'bin/conduit', args: ['proxy'] },
  meshedLabel: 'conduit.io/control-plane-ns',
  containerName: 'conduit-proxy',
  opaquePortsAnnotations: ['config.conduit.io/opaque-ports', 'config.conduit.io/skip-inbound-ports'],
  defaultOpaquePorts: [{ from: 25, to: 25 }],
};

function pod(
  annotations = {},
  labels: Record<string, string> = { 'conduit.io/control-plane-ns': 'conduit' },
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', uid: 'uid-1', labels, annotations },
    spec: {
      nodeName: 'node-2',
      containers: [
        {
          name: 'web',
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'dns', containerPort: 53, protocol: 'UDP' },
            { name: 'smtp', containerPort: 25 },
          ],
        },
        { name: 'conduit-proxy', ports: [{ name: 'conduit-proxy', containerPort: 4143 }] },
      ],
    },
  };
}

const inbound = (annotations: object): readonly string[] =>
  sidecarArguments({
    pod: pod(annotations),
    ip: '127.64.0.10',
    options,
    destinationAddr: '127.0.0.1:8086',
  }).slice(0, 4);
const http = '127.64.0.10:8080=127.128.0.10:8080';
const smtp = '127.64.0.10:25=127.128.0.10:25';

describe('a sidecar', () => {
  test('is a container of its name in a pod of the mesh', () => {
    expect(hasSidecar(pod(), options)).toBe(true);
    expect(hasSidecar(pod({}, {}), options)).toBe(false);
    expect(hasSidecar(pod(), { ...options, containerName: 'linkerd-proxy' })).toBe(false);
  });

  test('is told where to listen, where to hand on to, and who it is', () => {
    const annotations = {
      'sandbox.conduit.io/outbound-tcp': '4150=mail.shop:2525, 4151=db.shop:5432, nonsense',
    };
    const destinationAddr = '127.0.0.1:8086';
    expect(sidecarArguments({ pod: pod(annotations), ip: '127.64.0.10', options, destinationAddr })).toEqual([
      '--inbound',
      http,
      '--inbound-opaque',
      smtp,
      '--outbound-addr',
      '127.64.0.10:4140',
      '--source-ip',
      '127.64.0.10',
      '--outbound-tcp',
      '127.64.0.10:4150=mail.shop:2525',
      '--outbound-tcp',
      '127.64.0.10:4151=db.shop:5432',
      '--control-addr',
      '127.64.0.10:4190',
      '--admin-addr',
      '127.64.0.10:4191',
      '--destination-addr',
      '127.0.0.1:8086',
      '--context-token',
      '{"ns":"shop","nodeName":"node-2","pod":"web-1"}',
    ]);
    expect(meshEnvironment(pod(annotations), '127.64.0.10')).toEqual({
      MESH_OUTBOUND: 'http://127.64.0.10:4140',
      MESH_OUTBOUND_TCP: 'mail.shop:2525=127.64.0.10:4150,db.shop:5432=127.64.0.10:4151',
    });
    expect(meshEnvironment(pod(), '127.64.0.10')).toEqual({ MESH_OUTBOUND: 'http://127.64.0.10:4140' });
  });

  test.each([
    [{}, ['--inbound', http, '--inbound-opaque', smtp]],
    [{ 'config.conduit.io/opaque-ports': 'http' }, ['--inbound-opaque', http, '--inbound', smtp]],
    [{ 'config.conduit.io/opaque-ports': '' }, ['--inbound', http, '--inbound', smtp]],
    [
      { 'config.conduit.io/skip-inbound-ports': '8000-9000' },
      ['--inbound-opaque', http, '--inbound-opaque', smtp],
    ],
  ])('takes for bytes what the annotations say: %j', (annotations, flags) => {
    expect(inbound(annotations)).toEqual(flags);
  });
});

test('programs of the mesh listen on an address beside that of their pod', () => {
  expect(programAddress('127.64.0.1')).toBe('127.128.0.1');
  expect(programAddress('127.95.255.254')).toBe('127.159.255.254');
});

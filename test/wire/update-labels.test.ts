import { describe, expect, test } from 'vitest';
import type { Http2ClientParams } from '../../src/core/http2-params.js';
import type { Mirror } from '../../src/mesh/rows.js';
import { createUpdateEncoder } from '../../src/wire/update.js';
import { decodeMessage } from '../kit/contract.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, externalWorkloadRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';

const encoder = createUpdateEncoder(undefined);

const decode = (messages: readonly Uint8Array[]): unknown[] =>
  messages.map((bytes) => decodeMessage('io.linkerd.proxy.destination.Update', bytes));

const mirror: Mirror = {
  cluster: 'west',
  remoteService: 'web.shop.svc.west.example',
  gatewayIdentity: undefined,
};

function slice(of: Mirror | undefined, ...ips: readonly string[]) {
  const backends = ips.map((ip) => bareBackend(ip));
  return { slice: { ...sliceRow('web', 'a', backends), mirror: of } };
}

describe('the labels of a mirrored service', () => {
  const local = { namespace: 'shop', service: 'web' };
  const remote = {
    ...local,
    target_cluster: 'west',
    target_service: 'web',
    target_service_namespace: 'shop',
  };
  const labelsOf = (of: Mirror | undefined) => {
    const mesh = testMesh();
    mesh.apply({ service: serviceRow('web') }, slice(of, '10.0.0.1'));
    const [message] = decode(encoder.snapshot(mesh.client('web').set));
    return (message as { add: { metric_labels: unknown } }).add.metric_labels;
  };

  test('name the cluster and the service over there, as far as they are known', () => {
    expect(labelsOf(undefined)).toEqual(local);
    expect(labelsOf(mirror)).toEqual(remote);
    expect(labelsOf({ ...mirror, remoteService: undefined })).toEqual({ ...local, target_cluster: 'west' });
    expect(labelsOf({ ...mirror, cluster: undefined })).toEqual(local);
  });

  test('are told anew, with every endpoint, when they change', () => {
    const mesh = testMesh();
    mesh.apply({ service: serviceRow('web') }, slice(mirror, '10.0.0.1', '10.0.0.2'));
    const client = mesh.client('web');
    const told = client.set;
    mesh.apply(slice({ ...mirror, cluster: 'south' }, '10.0.0.2', '10.0.0.3'));
    expect(decode(encoder.delta(told, client.set))).toMatchObject([
      {
        add: {
          addrs: [{ addr: { ip: { ipv4: 0x0a000002 } } }, { addr: { ip: { ipv4: 0x0a000003 } } }],
          metric_labels: { ...remote, target_cluster: 'south' },
        },
      },
      { remove: { addrs: [{ ip: { ipv4: 0x0a000001 } }] } },
    ]);
  });

  test('go with the last endpoint without a word: there is nothing left to label', () => {
    const mesh = testMesh();
    mesh.apply({ service: serviceRow('web') }, slice(mirror));
    const client = mesh.client('web');
    const told = client.set;
    mesh.apply(slice(undefined));
    expect(encoder.delta(told, client.set)).toEqual([]);
  });
});

test('HTTP/2 parameters are told of endpoints with a proxy, and of no others', () => {
  const params: Http2ClientParams = {
    flowControl: undefined,
    keepAlive: { intervalMs: 10_000, timeoutMs: undefined, whileIdle: false },
    internals: undefined,
  };
  const mesh = testMesh();
  const external = externalWorkloadRow('vm');
  const skipped = { from: 8080, to: 8080 };
  mesh.apply(
    { service: serviceRow('web') },
    { pod: podRow('meshed', { controlPlaneNamespace: 'conduit' }) },
    { pod: podRow('plain') },
    {
      pod: podRow('skipping', {
        controlPlaneNamespace: 'conduit',
        proxy: { inbound: 4143, own: [], skipped: [skipped] },
      }),
    },
    { external },
    {
      slice: sliceRow('web', 'a', [
        podBackend('10.0.0.1', 'meshed'),
        podBackend('10.0.0.2', 'plain'),
        podBackend('10.0.0.3', 'skipping'),
        bareBackend('10.0.0.4'),
        podBackend('10.0.0.5', '', {
          target: { kind: 'ExternalWorkload', id: external.id, uid: external.uid },
        }),
      ]),
    },
  );
  const [message] = decode(createUpdateEncoder(params).snapshot(mesh.client('web').set));
  const { addrs } = (message as { add: { addrs: { http2?: unknown }[] } }).add;
  const http2 = { keep_alive: { interval: { seconds: '10' } } };
  expect(addrs.map((addr) => addr.http2)).toEqual([http2, undefined, undefined, undefined, http2]);
});

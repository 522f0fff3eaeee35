import { describe, expect, test } from 'vitest';
import type { Endpoint, ExternalWorkload, PodWorkload } from '../../src/core/endpoint.js';
import type { Http2ClientParams } from '../../src/core/http2-params.js';
import { zone } from '../../src/core/ids.js';
import { WeightedAddr } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { type Audience, toWeightedAddr } from '../../src/wire/endpoint.js';
import { toHttp2ClientParams } from '../../src/wire/http2-params.js';
import { decodeMessage } from '../kit/contract.js';

const bare: Endpoint = {
  ip: '10.0.0.1',
  port: 8080,
  weight: 10_000,
  zone: undefined,
  workload: undefined,
  hint: undefined,
  gateway: undefined,
};
const pod: PodWorkload = {
  kind: 'Pod',
  namespace: 'shop',
  name: 'web-1',
  owner: { kind: 'Deployment', name: 'web' },
  serviceAccount: 'default',
  podTemplateHash: undefined,
  controlPlaneNamespace: 'conduit',
  identity: 'web.identity',
};
const external: ExternalWorkload = {
  kind: 'ExternalWorkload',
  namespace: 'shop',
  name: 'vm',
  owner: undefined,
  identity: 'spiffe://root/vm',
  serverName: 'vm.example',
};
const h2 = { protocol: 'h2', transportPort: undefined } as const;
const gateway = { authority: 'web.shop.svc.west:80', identity: 'gateway.identity' };

const params: Http2ClientParams = {
  flowControl: undefined,
  keepAlive: { intervalMs: 10_000, timeoutMs: 3_000, whileIdle: true },
  internals: undefined,
};

const direct: Audience = { kind: 'direct' };
const inEast: Audience = { kind: 'balancer', zone: zone('east') };

function encode(endpoint: Partial<Endpoint>, audience: Audience = direct, http2 = params): unknown {
  const message = toWeightedAddr({ ...bare, ...endpoint }, audience, toHttp2ClientParams(http2));
  return decodeMessage('io.linkerd.proxy.destination.WeightedAddr', WeightedAddr.encode(message).finish());
}

const address = { addr: { ip: { ip: 'ipv4', ipv4: 0x0a000001 }, port: 8080 }, weight: 10_000 };
const http2 = { keep_alive: { interval: { seconds: '10' }, timeout: { seconds: '3' }, while_idle: true } };

describe('told to a client that asked for the address', () => {
  test('a bare address is an address and a weight', () => {
    expect(encode({})).toEqual({ ...address, metric_labels: {} });
  });

  test('a meshed pod has its namespace, an empty zone, and no locality', () => {
    expect(encode({ workload: pod, hint: h2 })).toEqual({
      ...address,
      metric_labels: {
        namespace: 'shop',
        pod: 'web-1',
        deployment: 'web',
        serviceaccount: 'default',
        control_plane_ns: 'conduit',
        zone: '',
      },
      tls_identity: {
        strategy: 'dns_like_identity',
        dns_like_identity: { name: 'web.identity' },
        server_name: { name: 'web.identity' },
      },
      protocol_hint: { protocol: 'h2', h2: {} },
      http2,
      resource_ref: {
        kind: 'resource',
        resource: { group: 'core', kind: 'Pod', name: 'web-1', namespace: 'shop' },
      },
    });
  });

  test('an external workload has an identity by URI, and a name to ask for', () => {
    const owner = { kind: 'ExternalGroup', name: 'vms' };
    const hint = { protocol: 'opaque', transportPort: 4200 } as const;
    expect(encode({ workload: { ...external, owner }, hint })).toEqual({
      ...address,
      metric_labels: { namespace: 'shop', external_workload: 'vm', externalgroup: 'vms', zone: '' },
      tls_identity: {
        strategy: 'uri_like_identity',
        uri_like_identity: { uri: 'spiffe://root/vm' },
        server_name: { name: 'vm.example' },
      },
      protocol_hint: { protocol: 'opaque', opaque: {}, opaque_transport: { inbound_port: 4200 } },
      http2,
      resource_ref: {
        kind: 'resource',
        resource: { group: 'workload.linkerd.io', kind: 'ExternalWorkload', name: 'vm', namespace: 'shop' },
      },
    });
  });
});

describe('told to a client that balances', () => {
  const labels = (endpoint: Partial<Endpoint>, audience: Audience) =>
    (encode(endpoint, audience) as { metric_labels: unknown }).metric_labels;

  test.each([
    ['east', 'east', 'local'],
    ['west', 'east', 'remote'],
    [undefined, 'east', 'unknown'],
    ['east', undefined, 'unknown'],
  ])('an endpoint in %s is, for a client in %s, %s', (there, here, zone_locality) => {
    const at = (name: string | undefined) => (name === undefined ? undefined : zone(name));
    expect(labels({ zone: at(there) }, { kind: 'balancer', zone: at(here) })).toEqual({ zone_locality });
  });

  test('a workload has its zone and not its namespace, which is the set’s', () => {
    expect(labels({ workload: external, zone: zone('west') }, inEast)).toEqual({
      external_workload: 'vm',
      zone: 'west',
      zone_locality: 'remote',
    });
  });

  test('a gateway answers to another name, proves its own, and is asked for none by SNI', () => {
    expect(encode({ gateway, hint: h2 }, inEast)).toEqual({
      ...address,
      metric_labels: { zone_locality: 'unknown' },
      authority_override: { authority_override: 'web.shop.svc.west:80' },
      tls_identity: { strategy: 'dns_like_identity', dns_like_identity: { name: 'gateway.identity' } },
      protocol_hint: { protocol: 'h2', h2: {} },
      http2,
    });
  });

  test('a gateway without a proxy answers to another name, and that is all', () => {
    expect(encode({ gateway: { ...gateway, identity: undefined } }, inEast)).toEqual({
      ...address,
      metric_labels: { zone_locality: 'unknown' },
      authority_override: { authority_override: 'web.shop.svc.west:80' },
    });
  });
});

test('a port that passes by the sidecar has neither identity, nor hint, nor HTTP/2 parameters', () => {
  expect(Object.keys(encode({ workload: pod }) as object).sort()).toEqual([
    'addr',
    'metric_labels',
    'resource_ref',
    'weight',
  ]);
});

test('a proxy of another control plane has a hint that may be empty, and no identity', () => {
  const hint = { protocol: 'unknown', transportPort: undefined } as const;
  expect(encode({ workload: { ...pod, identity: undefined }, hint })).toMatchObject({
    protocol_hint: {},
    http2,
  });
  expect(encode({ workload: { ...pod, identity: undefined }, hint })).not.toHaveProperty('tls_identity');
});

describe('HTTP/2 parameters', () => {
  test('are left to the client without a setting', () => {
    const message = toWeightedAddr({ ...bare, hint: h2 }, direct, undefined);
    expect(message.http2).toBeUndefined();
  });

  test('carry what is set', () => {
    const all: Http2ClientParams = {
      flowControl: {
        initialConnectionWindowBytes: 1 << 20,
        initialStreamWindowBytes: 65_535,
        adaptive: true,
      },
      keepAlive: { intervalMs: 500, timeoutMs: undefined, whileIdle: false },
      internals: { maxConcurrentResetStreams: 10, maxFrameBytes: 16_384, maxSendBufferBytes: 1_000 },
    };
    expect(encode({ hint: h2 }, direct, all)).toMatchObject({
      http2: {
        flow_control: {
          initial_connection_window_size: 1 << 20,
          initial_stream_window_size: 65_535,
          adaptive_flow_control: true,
        },
        keep_alive: { interval: { nanos: 500_000_000 } },
        internals: { max_concurrent_reset_streams: 10, max_frame_size: 16_384, max_send_buf_size: 1_000 },
      },
    });
  });
});

test.each([
  ['Job', 'k8s_job'],
  ['CronJob', 'cronjob'],
  ['StatefulSet', 'statefulset'],
  ['ReplicationController', 'replicationcontroller'],
])('the owner of kind %s is the label %s', (kind, label) => {
  expect(encode({ workload: { ...pod, owner: { kind, name: 'x' } } })).toMatchObject({
    metric_labels: { [label]: 'x' },
  });
});

import { deepStrictEqual } from 'node:assert/strict';
import { Update, type WeightedAddr } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import {
  type Change,
  checkout,
  type EndpointFacts,
  endpointFacts,
  namespace,
  podTemplateHash,
} from '../kit/service-under-change.js';

const identity = `${checkout}.${namespace}.serviceaccount.identity.conduit.cluster.local`;

/** Throws unless `message` is an update that adds exactly the endpoints of `change`, in every detail. */
export function expectUpdate(message: Uint8Array, { round, endpoints }: Change): void {
  const { update } = Update.decode(message);
  const expected = Array.from({ length: endpoints }, (_, index) => weightedAddr(endpointFacts(index, round)));
  deepStrictEqual(update, {
    $case: 'add',
    value: {
      addrs: expected,
      metricLabels: new Map([
        ['namespace', namespace],
        ['service', checkout],
      ]),
    },
  });
}

function weightedAddr({ ip, port, pod, zone }: EndpointFacts): WeightedAddr {
  const ipv4 = ip.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
  return {
    addr: { ip: { ip: { $case: 'ipv4', value: ipv4 } }, port },
    weight: 10_000,
    metricLabels: new Map([
      ['pod', pod],
      ['deployment', checkout],
      ['serviceaccount', checkout],
      ['control_plane_ns', 'conduit'],
      ['pod_template_hash', podTemplateHash],
      ['zone', zone],
      ['zone_locality', 'remote'],
    ]),
    tlsIdentity: {
      strategy: { $case: 'dnsLikeIdentity', value: { name: identity } },
      serverName: { name: identity },
    },
    protocolHint: { protocol: { $case: 'h2', value: {} }, opaqueTransport: undefined },
    authorityOverride: undefined,
    http2: undefined,
    resourceRef: {
      kind: {
        $case: 'resource',
        value: { group: 'core', kind: 'Pod', name: pod, namespace, section: '', port: 0 },
      },
    },
  };
}

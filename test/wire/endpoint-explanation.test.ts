import { describe, expect, test } from 'vitest';
import type {
  EndpointExplanation,
  EndpointRule,
  EndpointVerdict,
  ExplainedAddress,
} from '../../src/core/endpoint-explanation.js';
import type { EndpointNote } from '../../src/core/endpoint-note.js';
import { addressKey } from '../../src/core/endpoint.js';
import type { Exclusion } from '../../src/core/exclusion.js';
import { backendsId, nodeName, serverId, zone } from '../../src/core/ids.js';
import { ExplainEndpointsResponse } from '../../src/gen/conduit/api/v1/api.js';
import { toExplainEndpointsResponse } from '../../src/wire/endpoint-explanation.js';
import type { Vocabulary } from '../../src/wire/vocabulary.js';
import { decodeMessage } from '../kit/contract.js';

const slices: Vocabulary = { backendsKind: 'EndpointSlice', meshDomain: 'conduit.io' };
const endpoints: Vocabulary = { backendsKind: 'Endpoints', meshDomain: 'linkerd.io' };

const served: EndpointVerdict = { kind: 'served', notes: [] };
const web1 = { kind: 'Pod', id: 'shop/web-1' } as const;

function address(fields: Partial<ExplainedAddress> = {}): ExplainedAddress {
  return {
    ip: '10.0.0.1',
    port: 8080,
    object: backendsId('shop', 'web-a'),
    workload: web1,
    zone: undefined,
    forZones: undefined,
    verdict: served,
    ...fields,
  };
}

function explanation(fields: Partial<EndpointExplanation> = {}): EndpointExplanation {
  return {
    service: { namespace: 'shop', name: 'web', type: 'ClusterIP', internalTrafficPolicy: 'Cluster' },
    port: { kind: 'named', port: 80, name: 'http' },
    hostname: undefined,
    client: { node: undefined, nodeIsKnown: false, zone: undefined },
    rule: { kind: 'unhinted' },
    unhinted: undefined,
    addresses: [],
    ...fields,
  };
}

/** As another implementation reads it. */
function read(value: EndpointExplanation, clientNamespace?: string, vocabulary = slices): unknown {
  const message = toExplainEndpointsResponse(value, clientNamespace, vocabulary);
  const bytes = ExplainEndpointsResponse.encode(message).finish();
  return decodeMessage('conduit.api.v1.ExplainEndpointsResponse', bytes);
}

test('an explanation is told whole', () => {
  const east = zone('east');
  const told = explanation({
    port: { kind: 'number', port: 8080 },
    hostname: 'web-1',
    client: { node: nodeName('n1'), nodeIsKnown: true, zone: east },
    rule: { kind: 'own-zone', zone: east },
    addresses: [
      address({ zone: east, forZones: [east] }),
      address({
        ip: 'fd00::1',
        port: undefined,
        workload: undefined,
        verdict: { kind: 'excluded', exclusion: { kind: 'no-ports' } },
      }),
    ],
  });
  expect(read(told, 'shop')).toEqual({
    service: {
      namespace: 'shop',
      name: 'web',
      type: 'SERVICE_TYPE_CLUSTER_IP',
      internal_traffic_policy: 'INTERNAL_TRAFFIC_POLICY_CLUSTER',
    },
    port: { number: 8080 },
    instance: 'web-1',
    client: { namespace: 'shop', node: 'n1', zone: 'east' },
    rule: {
      reason: 'RULE_REASON_OWN_ZONE',
      text: "those meant for zone east, the client's: all that can take traffic have hints",
    },
    addresses: [
      {
        ip: '10.0.0.1',
        port: 8080,
        object: { kind: 'EndpointSlice', namespace: 'shop', name: 'web-a' },
        workload: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
        zone: 'east',
        for_zones: ['east'],
        verdict: 'served',
        served: { notes: [] },
      },
      {
        ip: 'fd00::1',
        object: { kind: 'EndpointSlice', namespace: 'shop', name: 'web-a' },
        for_zones: [],
        verdict: 'excluded',
        excluded: { reason: 'EXCLUSION_REASON_NO_PORTS', text: 'no port in this EndpointSlice' },
      },
    ],
  });
});

describe('what is excluded says why, in the words of its object', () => {
  const workload = web1;
  const object = backendsId('shop', 'web-a');
  const n1 = nodeName('n1');
  const cases: readonly [Exclusion, string, string, Vocabulary?][] = [
    [{ kind: 'not-ready' }, 'NOT_READY', 'not ready: conditions.ready is false'],
    [{ kind: 'not-ready' }, 'NOT_READY', 'not ready: listed in notReadyAddresses', endpoints],
    [
      { kind: 'port-name-absent', portName: 'http' },
      'PORT_NAME_ABSENT',
      'no port named http in this EndpointSlice',
    ],
    [
      { kind: 'port-name-absent', portName: '' },
      'PORT_NAME_ABSENT',
      'no port without a name in its subset of these Endpoints',
      endpoints,
    ],
    [{ kind: 'no-ports' }, 'NO_PORTS', 'no port in its subset of these Endpoints', endpoints],
    [{ kind: 'other-instance', hostname: 'web-2' }, 'OTHER_INSTANCE', 'another instance: web-2'],
    [
      { kind: 'other-instance', hostname: undefined },
      'OTHER_INSTANCE',
      'another instance: it has no hostname',
    ],
    [
      { kind: 'workload-unknown', workload },
      'WORKLOAD_UNKNOWN',
      'pod shop/web-1 is unknown to the API server',
    ],
    [
      { kind: 'workload-unknown', workload: { kind: 'ExternalWorkload', id: 'shop/vm' } },
      'WORKLOAD_UNKNOWN',
      'ExternalWorkload shop/vm is unknown to the API server',
    ],
    [
      { kind: 'workload-replaced', workload, meantUid: 'a', uid: 'b' },
      'WORKLOAD_REPLACED',
      'pod shop/web-1 was replaced: meant is the one with uid a, there is b',
    ],
    [
      { kind: 'target-unsupported', targetKind: 'Node' },
      'TARGET_UNSUPPORTED',
      "its targetRef is of kind Node, which can't be resolved",
    ],
    [
      { kind: 'other-node', node: nodeName('n2'), clientNode: n1 },
      'OTHER_NODE',
      'on node n2; the client is on n1, and internalTrafficPolicy is Local',
    ],
    [
      { kind: 'other-node', node: undefined, clientNode: undefined },
      'OTHER_NODE',
      "on no known node; the client doesn't say its node, and internalTrafficPolicy is Local",
    ],
    [
      { kind: 'other-zone', forZones: [zone('b')], clientZone: zone('a') },
      'OTHER_ZONE',
      'meant for zone b; the client is in zone a',
    ],
    [
      { kind: 'other-zone', forZones: [zone('b'), zone('c')], clientZone: zone('a') },
      'OTHER_ZONE',
      'meant for zones b, c; the client is in zone a',
    ],
    [
      { kind: 'other-zone', forZones: [], clientZone: zone('a') },
      'OTHER_ZONE',
      'meant for no zone; the client is in zone a',
    ],
    [
      { kind: 'second-family' },
      'SECOND_FAMILY',
      'IPv4 address of dual-stack pod shop/web-1: its IPv6 address is used',
    ],
    [{ kind: 'repeated', by: object }, 'REPEATED', 'repeated further on in the same object'],
    [
      { kind: 'repeated', by: backendsId('shop', 'web-b') },
      'REPEATED',
      'repeated: EndpointSlice shop/web-b has it too',
    ],
  ];

  test.each(cases)('%j', (exclusion, reason, text, vocabulary = slices) => {
    const told = explanation({ addresses: [address({ verdict: { kind: 'excluded', exclusion } })] });
    expect(read(told, undefined, vocabulary)).toMatchObject({
      addresses: [{ excluded: { reason: `EXCLUSION_REASON_${reason}`, text } }],
    });
  });
});

describe('a rule says why it applies', () => {
  const a = zone('a');
  const n1 = nodeName('n1');
  const unknown = { node: n1, nodeIsKnown: false, zone: undefined };
  const cases: readonly [EndpointRule, Partial<EndpointExplanation>, string, string][] = [
    [{ kind: 'unhinted' }, {}, 'NO_HINTS', 'all: no address has hints for zones'],
    [
      { kind: 'zone-unknown' },
      {},
      'CLIENT_ZONE_UNKNOWN',
      "all: hints are not used, since the client's zone is not known: the client doesn't say its node",
    ],
    [
      { kind: 'zone-unknown' },
      { client: unknown },
      'CLIENT_ZONE_UNKNOWN',
      "all: hints are not used, since the client's zone is not known: node n1 is unknown to the API server",
    ],
    [
      { kind: 'zone-unknown' },
      { client: { ...unknown, nodeIsKnown: true } },
      'CLIENT_ZONE_UNKNOWN',
      "all: hints are not used, since the client's zone is not known: node n1 has no label topology.kubernetes.io/zone",
    ],
    [
      { kind: 'hints-incomplete' },
      { unhinted: { address: addressKey('10.0.0.1', 80), workload: web1 } },
      'HINTS_INCOMPLETE',
      'all: hints are not used, since pod shop/web-1 (10.0.0.1:80) has none',
    ],
    [
      { kind: 'hints-incomplete' },
      { unhinted: { address: addressKey('10.0.0.1', 80), workload: undefined } },
      'HINTS_INCOMPLETE',
      'all: hints are not used, since 10.0.0.1:80 has none',
    ],
    [
      { kind: 'zone-unserved', zone: a },
      {},
      'ZONE_UNSERVED',
      "all: hints are not used, since none is for zone a, the client's",
    ],
    [
      { kind: 'own-node', node: n1 },
      {},
      'OWN_NODE',
      "those on node n1, the client's: internalTrafficPolicy is Local",
    ],
    [
      { kind: 'own-node', node: undefined },
      {},
      'OWN_NODE',
      "none: internalTrafficPolicy is Local, and the client doesn't say its node",
    ],
  ];

  test.each(cases)('%j %j', (rule, more, reason, text) => {
    expect(read(explanation({ rule, ...more }))).toMatchObject({
      rule: { reason: `RULE_REASON_${reason}`, text },
    });
  });
});

describe('what is served is noted', () => {
  const cases: readonly [EndpointNote, string, string, Vocabulary?][] = [
    [
      { kind: 'opaque', cause: { kind: 'annotation' } },
      'OPAQUE',
      'opaque: annotation config.linkerd.io/opaque-ports',
      endpoints,
    ],
    [
      { kind: 'opaque', cause: { kind: 'default-ports' } },
      'OPAQUE',
      "opaque: the mesh's list, --default-opaque-ports",
    ],
    [
      { kind: 'opaque', cause: { kind: 'server', server: serverId('shop', 'db') } },
      'OPAQUE',
      'opaque: Server shop/db',
    ],
    [{ kind: 'no-sidecar' }, 'NO_SIDECAR', 'no identity: the pod has no sidecar'],
    [
      { kind: 'port-skipped' },
      'PORT_SKIPPED',
      'no identity: the port passes by the sidecar (annotation config.conduit.io/skip-inbound-ports)',
    ],
    [
      { kind: 'other-control-plane', namespace: 'linkerd' },
      'OTHER_CONTROL_PLANE',
      'no identity: the sidecar belongs to the control plane in namespace linkerd',
    ],
    [{ kind: 'no-workload' }, 'NO_WORKLOAD', 'no identity: no workload is known at this address'],
    [
      { kind: 'gateway', authority: 'web.shop.svc.west:80', identity: undefined },
      'GATEWAY',
      'a gateway to web.shop.svc.west:80, without a proxy',
    ],
    [
      { kind: 'gateway', authority: 'web.shop.svc.west:80', identity: 'gw' },
      'GATEWAY',
      'a gateway to web.shop.svc.west:80, whose proxy is gw',
    ],
  ];

  test.each(cases)('%j', (note, reason, text, vocabulary = slices) => {
    const told = explanation({ addresses: [address({ verdict: { kind: 'served', notes: [note] } })] });
    expect(read(told, undefined, vocabulary)).toMatchObject({
      addresses: [{ served: { notes: [{ reason: `NOTE_REASON_${reason}`, text }] } }],
    });
  });
});

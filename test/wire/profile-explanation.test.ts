import { describe, expect, test } from 'vitest';
import type { Occupant, ProfileExplanation, ProfileSubject } from '../../src/core/profile-explanation.js';
import { serverId, serviceId, serviceProfileId } from '../../src/core/ids.js';
import { ExplainProfileResponse } from '../../src/gen/conduit/api/v1/api.js';
import { toExplainProfileResponse } from '../../src/wire/profile-explanation.js';
import { decodeMessage } from '../kit/contract.js';

const service = serviceId('shop', 'web');
const web0 = { kind: 'Pod', id: 'shop/web-0' } as const;
const podRef = { kind: 'Pod', namespace: 'shop', name: 'web-0' };
const serviceRef = { kind: 'Service', namespace: 'shop', name: 'web' };

function explanation(fields: Partial<ProfileExplanation> = {}): ProfileExplanation {
  return {
    subject: { kind: 'service', service, by: 'name', portName: 'http' },
    clientNamespace: undefined,
    serviceProfiles: [],
    opaque: undefined,
    overrides: 'none',
    notes: [],
    ...fields,
  };
}

/** As another implementation reads it. */
function read(value: ProfileExplanation): unknown {
  const message = toExplainProfileResponse(value, 80, {
    backendsKind: 'EndpointSlice',
    meshDomain: 'conduit.io',
  });
  return decodeMessage(
    'conduit.api.v1.ExplainProfileResponse',
    ExplainProfileResponse.encode(message).finish(),
  );
}

test('an explanation is told whole', () => {
  const name = 'web.shop.svc.cluster.local';
  const told = explanation({
    clientNamespace: 'client',
    serviceProfiles: [
      { id: serviceProfileId('client', name), namespaceOf: 'client', verdict: 'applies', problems: ['x'] },
      { id: serviceProfileId('shop', name), namespaceOf: 'service', verdict: 'overruled', problems: [] },
    ],
    opaque: { kind: 'server', server: serverId('shop', 'db') },
    overrides: 'service-profile',
    notes: [{ kind: 'no-sidecar' }],
  });
  expect(read(told)).toEqual({
    subject: {
      kind: 'SUBJECT_KIND_SERVICE_BY_NAME',
      text: 'port 80 (http) of Service shop/web',
      service: serviceRef,
    },
    client: { namespace: 'client' },
    service_profiles: [
      {
        namespace: 'client',
        name,
        verdict: 'SERVICE_PROFILE_VERDICT_APPLIES',
        text: "applies, from the client's namespace",
        problems: ['x'],
      },
      {
        namespace: 'shop',
        name,
        verdict: 'SERVICE_PROFILE_VERDICT_OVERRULED',
        text: "overruled by the one in the client's namespace",
        problems: [],
      },
    ],
    opaque: { reason: 'OPAQUE_REASON_SERVER', text: 'yes: Server shop/db' },
    overrides: {
      reason: 'OVERRIDE_REASON_SERVICE_PROFILE',
      text: 'spec.dstOverrides of the ServiceProfile',
    },
    notes: [{ reason: 'NOTE_REASON_NO_SIDECAR', text: 'no identity: the pod has no sidecar' }],
  });
});

describe('a subject says what the authority stands for', () => {
  const occupant: Occupant = { kind: 'workload', workload: web0 };
  const instance = { kind: 'instance', service, hostname: 'web-0' } as const;
  const only = 'web-0, an instance of Service shop/web: an address only, since';
  const cases: readonly [ProfileSubject, string, string, object][] = [
    [
      { kind: 'service', service, by: 'cluster-ip', portName: '' },
      'SERVICE_BY_CLUSTER_IP',
      'port 80 of Service shop/web, whose cluster IP this is',
      { service: serviceRef },
    ],
    [
      { kind: 'port-undefined', service, by: 'name' },
      'PORT_UNDEFINED',
      'Service shop/web has no port 80',
      { service: serviceRef },
    ],
    [
      { kind: 'port-undefined', service, by: 'cluster-ip' },
      'PORT_UNDEFINED',
      'Service shop/web, whose cluster IP this is, has no port 80',
      { service: serviceRef },
    ],
    [
      { kind: 'service-missing', service },
      'SERVICE_MISSING',
      'there is no Service shop/web',
      { service: serviceRef },
    ],
    [
      { kind: 'external-name', service },
      'EXTERNAL_NAME',
      'Service shop/web is an ExternalName, which has no endpoints',
      { service: serviceRef },
    ],
    [
      { kind: 'instance-missing', service, hostname: 'web-0' },
      'INSTANCE_MISSING',
      'Service shop/web has no instance web-0',
      { service: serviceRef },
    ],
    [
      { kind: 'endpoint', by: instance, occupant },
      'INSTANCE',
      'web-0, an instance of Service shop/web: pod shop/web-0',
      { service: serviceRef, workload: podRef },
    ],
    [
      { kind: 'endpoint', by: instance, occupant: { kind: 'unknown', workload: web0 } },
      'INSTANCE',
      `${only} pod shop/web-0 is unknown to the API server`,
      { service: serviceRef },
    ],
    [
      {
        kind: 'endpoint',
        by: instance,
        occupant: { kind: 'replaced', workload: web0, meantUid: 'a', uid: 'b' },
      },
      'INSTANCE',
      `${only} pod shop/web-0 was replaced: meant is the one with uid a, there is b`,
      { service: serviceRef },
    ],
    [
      { kind: 'endpoint', by: instance, occupant: { kind: 'not-running', workload: web0 } },
      'INSTANCE',
      `${only} pod shop/web-0 is not running`,
      { service: serviceRef },
    ],
    [
      { kind: 'endpoint', by: instance, occupant: { kind: 'unsupported', targetKind: 'Node' } },
      'INSTANCE',
      `${only} its targetRef is of kind Node, which can't be resolved`,
      { service: serviceRef },
    ],
    [
      { kind: 'endpoint', by: instance, occupant: { kind: 'none' } },
      'INSTANCE',
      'web-0, an instance of Service shop/web: an address that the cluster knows nothing more of',
      { service: serviceRef },
    ],
    [
      { kind: 'endpoint', by: { kind: 'pod-ip' }, occupant },
      'POD_BY_IP',
      'pod shop/web-0, whose IP this is',
      { workload: podRef },
    ],
    [
      { kind: 'endpoint', by: { kind: 'host-port' }, occupant },
      'POD_BY_HOST_PORT',
      'pod shop/web-0, which a port of its node leads to',
      { workload: podRef },
    ],
    [
      {
        kind: 'endpoint',
        by: { kind: 'external-workload' },
        occupant: { kind: 'workload', workload: { kind: 'ExternalWorkload', id: 'shop/vm' } },
      },
      'EXTERNAL_WORKLOAD',
      'ExternalWorkload shop/vm',
      { workload: { kind: 'ExternalWorkload', namespace: 'shop', name: 'vm' } },
    ],
    [
      { kind: 'endpoint', by: { kind: 'nobody' }, occupant: { kind: 'none' } },
      'UNKNOWN_ADDRESS',
      'an address that the cluster knows nothing of',
      {},
    ],
  ];

  test.each(cases)('%j', (subject, kind, text, refs) => {
    expect(read(explanation({ subject }))).toMatchObject({
      subject: { kind: `SUBJECT_KIND_${kind}`, text, ...refs },
    });
  });
});

test.each([
  ['annotation', 'ANNOTATION', 'yes: annotation config.conduit.io/opaque-ports'],
  ['default-ports', 'DEFAULT_PORTS', "yes: the mesh's list, --default-opaque-ports"],
] as const)('opaque by %s', (kind, reason, text) => {
  expect(read(explanation({ opaque: { kind } }))).toMatchObject({
    opaque: { reason: `OPAQUE_REASON_${reason}`, text },
  });
});

test('what is neither opaque nor overridden says so, and a profile that is looked for in vain', () => {
  const id = serviceProfileId('shop', 'web.shop.svc.cluster.local');
  const absent = { id, namespaceOf: 'service', verdict: 'absent', problems: [] } as const;
  expect(read(explanation({ serviceProfiles: [absent] }))).toMatchObject({
    service_profiles: [
      { verdict: 'SERVICE_PROFILE_VERDICT_ABSENT', text: "absent from the service's namespace" },
    ],
    opaque: { reason: 'OPAQUE_REASON_NOT_OPAQUE', text: 'no: the protocol is detected' },
    overrides: { reason: 'OVERRIDE_REASON_NONE', text: 'none: requests go where the client sends them' },
  });
  expect(read(explanation({ overrides: 'self' }))).toMatchObject({
    overrides: { reason: 'OVERRIDE_REASON_SELF' },
  });
});

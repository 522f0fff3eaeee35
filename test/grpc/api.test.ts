import { credentials, type ServiceError } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import {
  ApiClient,
  type ExplainEndpointsResponse,
  type ExplainProfileResponse,
  RuleReason,
  SubjectKind,
} from '../../src/gen/conduit/api/v1/api.js';
import { DestinationClient } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { apiServer, refusal } from '../kit/api.js';
import { nodeRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { zone } from '../../src/core/ids.js';
import { bufCurl } from './buf-curl.js';

const web = 'web.shop.svc.cluster.local:80';

async function serve() {
  const server = await apiServer();
  const api = new ApiClient(server.address, credentials.createInsecure());
  const destination = new DestinationClient(server.address, credentials.createInsecure());
  onTestFinished(async () => {
    api.close();
    destination.close();
    await server.close();
  });
  server.mesh.apply(
    { service: serviceRow('web', { clusterIps: ['10.96.0.1'] }) },
    { service: serviceRow('out', { type: 'ExternalName' }) },
    { node: nodeRow('n1', 'east') },
    { pod: podRow('web-1', { controlPlaneNamespace: 'conduit' }) },
    {
      slice: sliceRow('web', 'a', [
        podBackend('10.0.0.1', 'web-1', { forZones: [zone('east')] }),
        podBackend('10.0.0.2', 'web-2', { ready: false }),
      ]),
    },
  );
  return {
    ...server,
    explainEndpoints: (authority: string, contextToken = '') =>
      new Promise<ExplainEndpointsResponse | string>((resolve) => {
        api.explainEndpoints({ authority, contextToken }, (error, response) =>
          resolve(error === null ? response : refusal(error)),
        );
      }),
    explainProfile: (authority: string, contextToken = '') =>
      new Promise<ExplainProfileResponse | string>((resolve) => {
        api.explainProfile({ authority, contextToken }, (error, response) =>
          resolve(error === null ? response : refusal(error)),
        );
      }),
    /** How a proxy is refused. */
    refusalOf: (method: 'get' | 'getProfile', path: string) =>
      new Promise<string>((resolve) => {
        const call = destination[method]({ scheme: '', path, contextToken: '' });
        call.on('error', (error: ServiceError) => resolve(refusal(error)));
      }),
  };
}

test('endpoints are explained to the client that asks', async () => {
  const { explainEndpoints } = await serve();
  const token = '{"ns":"shop","nodeName":"n1"}';
  expect(await explainEndpoints(web, token)).toMatchObject({
    client: { namespace: 'shop', node: 'n1', zone: 'east' },
    rule: { reason: RuleReason.OWN_ZONE },
    addresses: [
      { ip: '10.0.0.1', verdict: { $case: 'served' } },
      { ip: '10.0.0.2', verdict: { $case: 'excluded' } },
    ],
  });
  expect(await explainEndpoints(web)).toMatchObject({
    client: { namespace: '', node: '', zone: '', zoneUnknownBecause: "the client doesn't say its node" },
    rule: { reason: RuleReason.CLIENT_ZONE_UNKNOWN },
  });
});

test('profiles are explained to the client that asks', async () => {
  const { explainProfile } = await serve();
  expect(await explainProfile('10.96.0.1:80', '{"ns":"client"}')).toMatchObject({
    subject: { kind: SubjectKind.SERVICE_BY_CLUSTER_IP },
    client: { namespace: 'client' },
    serviceProfiles: [{ namespace: 'client' }, { namespace: 'shop' }],
  });
});

test.each([
  'gone.shop.svc.cluster.local',
  'out.shop.svc.cluster.local',
  '10.0.0.1:80',
  'web.shop:80',
  'web:0',
])('endpoints of %s are refused as a proxy is refused them', async (authority) => {
  const { explainEndpoints, refusalOf } = await serve();
  expect(await explainEndpoints(authority)).toBe(await refusalOf('get', authority));
});

test.each([
  'gone.shop.svc.cluster.local',
  'out.shop.svc.cluster.local',
  'web-9.web.shop.svc.cluster.local',
  'web.shop:80',
  '[fe80::1%eth0]:80',
])('a profile of %s is refused as a proxy is refused it', async (authority) => {
  const { explainProfile, refusalOf } = await serve();
  expect(await explainProfile(authority)).toBe(await refusalOf('getProfile', authority));
});

test('a client that only knows reflection can ask, and sees that it is served', async () => {
  const { address } = await serve();
  const url = `http://${address}`;
  const [listed, healthy, explained, refused] = await Promise.all([
    bufCurl('--list-services', url),
    bufCurl('-d', '{"service":"conduit.api.v1.Api"}', `${url}/grpc.health.v1.Health/Check`),
    bufCurl('-d', `{"authority":"${web}"}`, `${url}/conduit.api.v1.Api/ExplainEndpoints`),
    bufCurl('-d', '{"authority":"web.shop:80"}', `${url}/conduit.api.v1.Api/ExplainProfile`),
  ]);
  expect(listed.stdout.split('\n')).toContain('conduit.api.v1.Api');
  expect(JSON.parse(healthy.stdout)).toEqual({ status: 'SERVING' });
  expect(JSON.parse(explained.stdout)).toMatchObject({
    service: { namespace: 'shop', name: 'web', type: 'SERVICE_TYPE_CLUSTER_IP' },
    addresses: [
      { ip: '10.0.0.1', port: 8080, served: {} },
      {
        ip: '10.0.0.2',
        excluded: {
          reason: 'EXCLUSION_REASON_NOT_READY',
          text: 'not ready: conditions.ready is false',
        },
      },
    ],
  });
  expect(JSON.parse(refused.stderr)).toMatchObject({ code: 'invalid_argument' });
});

import { type ServiceError, status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { createApiService } from '../../src/grpc/api.js';
import { createDestinationService } from '../../src/grpc/destination.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer } from '../../src/grpc/server.js';
import { recordingLog } from './log.js';
import { testMesh } from './mesh.js';

/** The real Api and Destination services on one socket, over a mesh that the test writes. */
export async function apiServer() {
  const mesh = testMesh();
  const registry = new Registry();
  const clusterDomain = 'cluster.local';
  const { log } = recordingLog();
  const server = await createGrpcServer({
    name: 'tooling',
    address: { host: '127.0.0.1', port: 0 },
    services: [
      createDestinationService({ mesh, clusterDomain, meshedHttp2ClientParams: undefined, registry }),
      createApiService({
        mesh,
        clusterDomain,
        version: '0.0.0',
        statSource: undefined,
        lastReportMs: () => undefined,
        selfCheck: () => [],
        vocabulary: () => ({ backendsKind: 'EndpointSlice', meshDomain: 'conduit.io' }),
      }),
    ],
    log,
    metrics: createGrpcMetrics(registry),
  });
  return {
    mesh,
    address: server.address,
    close: async (): Promise<void> => {
      await server.drain({ graceMs: 0 });
      mesh.engine.close();
    },
  };
}

/** How a call was refused: `NOT_FOUND: no such thing`. */
export function refusal({ code, details }: ServiceError): string {
  return `${status[code]}: ${details}`;
}

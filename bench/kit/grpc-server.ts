import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.js';
import type { GrpcService } from '../../src/grpc/service.js';
import { createLogger } from '../../src/runtime/log.js';
import { createRegistry } from '../../src/runtime/metrics.js';

/** A server as the control plane runs it: with metrics, limits, health and reflection. */
export function startGrpcServer(service: GrpcService): Promise<GrpcServer> {
  return createGrpcServer({
    name: 'proxy',
    address: { host: '127.0.0.1', port: 0 },
    services: [service],
    log: createLogger({ level: 'info', format: 'json' }),
    metrics: createGrpcMetrics(createRegistry({ version: 'bench' })),
  });
}

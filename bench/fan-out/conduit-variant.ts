import { Registry } from 'prom-client';
import { createDestinationService } from '../../src/grpc/destination.js';
import { createBenchMesh } from '../kit/mesh.js';
import { ServiceUnderChange } from '../kit/service-under-change.js';
import { startGrpcServer } from '../kit/grpc-server.js';
import type { StartVariant } from './variant.js';

/** The real thing but for Kubernetes: a change is one row applied to a table. */
export const startConduit: StartVariant = async (size) => {
  const { mesh } = createBenchMesh();
  const checkout = new ServiceUnderChange({ size });
  checkout.populate(mesh.tables);
  const service = createDestinationService({
    mesh,
    clusterDomain: 'cluster.local',
    meshedHttp2ClientParams: undefined,
    registry: new Registry(),
  });
  const { port } = await startGrpcServer(service);
  let next = checkout.change({ round: 0, endpoints: 0 });
  return {
    port,
    streams: () => mesh.clientEndpoints.stats().subscribers,
    prepare(change) {
      next = checkout.change(change);
    },
    commit() {
      mesh.tables.backends.apply(next.id, next);
    },
  };
};

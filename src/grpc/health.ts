import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import type { GrpcService } from './service.js';

export interface Health {
  /** `grpc.health.v1.Health`. */
  readonly service: GrpcService;
  /** Sets the state of the server and of each of its services. Watchers are told of changes only. */
  set(state: 'SERVING' | 'NOT_SERVING'): void;
}

/** Health of a server and its services, which are NOT_SERVING to begin with. */
export function createHealth(serviceNames: readonly string[]): Health {
  // The empty name stands for the server as a whole.
  const names = ['', ...serviceNames];
  let current: ServingStatus = 'NOT_SERVING';
  const implementation = new HealthImplementation(Object.fromEntries(names.map((name) => [name, current])));
  let service: GrpcService | undefined;
  implementation.addToServer({
    addService(definition, handlers) {
      service = { definition, implementation: handlers };
    },
  });
  if (service === undefined) throw new Error('grpc-health-check registered no service');
  return {
    service,
    set(state) {
      if (state === current) return;
      current = state;
      for (const name of names) implementation.setStatus(name, state);
    },
  };
}

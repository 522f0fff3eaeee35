import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

/** A service and its handlers. Type the handlers by their generated interface: `const handlers: HealthServer = …`. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

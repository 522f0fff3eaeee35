import {
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServerOptions,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

/** Runs a server of grpc-js alone on loopback until the test is over. Returns its port. */
export async function runBareServer(
  definition: ServiceDefinition,
  implementation: UntypedServiceImplementation,
  options: ServerOptions & { readonly interceptors: ServerInterceptor[] },
): Promise<number> {
  const server = new Server(options);
  server.addService(definition, implementation);
  onTestFinished(() => {
    server.forceShutdown();
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { implement } from './shop.js';
import { listenHost } from './settings.js';
import { onStop } from './stop.js';

/** Serves a gRPC service on the program's address until the program is stopped. */
export function serveGrpc(port: number, ...services: readonly ReturnType<typeof implement>[]): void {
  const server = new Server();
  for (const [definition, implementation] of services) server.addService(definition, implementation);
  server.bindAsync(`${listenHost}:${port}`, ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
    console.log(`listening on ${listenHost}:${port} (gRPC)`);
  });
  onStop(() => new Promise((resolve) => server.tryShutdown(() => resolve())));
}

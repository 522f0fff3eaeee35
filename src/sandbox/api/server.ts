import { type Server, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '../../runtime/log.js';
import { ServiceAccountTokens } from '../access/service-account-tokens.js';
import type { ContainerSource } from '../containers/pod-runtime.js';
import { Catalog } from '../store/catalog.js';
import { type ResourceType, isSameResource } from '../store/resource-type.js';
import { failure } from '../store/status.js';
import type { Store } from '../store/store.js';
import { ensureSystemNamespaces } from '../store/system-namespaces.js';
import { Faults } from './faults.js';
import { LineFaults } from './line-faults.js';
import { PortForwards } from './port-forward.js';
import { statusReply } from './reply.js';
import { respond } from './respond.js';
import { type Authorizer, openAuthorizer } from './review.js';
import { Service } from './service.js';
import { Traffic } from './traffic.js';
import type { WatchStream } from './watch-stream.js';

export interface ApiServerOptions {
  readonly store: Store;
  readonly log: Logger;
  /** Default 127.0.0.1: everybody who can connect may do everything. */
  readonly address?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Where ages are counted from. Default the system's clock. */
  readonly clock?: () => Date;
  /** Answers TokenReviews and SubjectAccessReviews. Default: everybody is `sandbox` and may do everything. */
  readonly authorizer?: Authorizer;
  /** Issues tokens of service accounts. Default: such as nobody else knows. */
  readonly tokens?: ServiceAccountTokens;
  /** Where the logs of containers are. Default: no container has one. */
  readonly containers?: ContainerSource;
  /** How often a watch that allows it gets a bookmark. Default 60,000, as in Kubernetes. */
  readonly bookmarkIntervalMs?: number;
  /** How many changes may wait for a watcher that doesn't read. Default 50,000. */
  readonly maxPendingChanges?: number;
  /** Whether watches understand `sendInitialEvents`. Default true. */
  readonly watchList?: boolean;
}

export interface ApiServer {
  /** `http://127.0.0.1:34567`, also where it listens on all addresses. */
  readonly url: string;
  readonly port: number;
  readonly catalog: Catalog;
  readonly faults: Faults;
  readonly traffic: Traffic;
  /** How many watches are open, of one type or of all. */
  openWatches(plural?: string): number;
  /** Ends every watch and every connection. */
  close(): Promise<void>;
}

/**
 * Serves a store as the Kubernetes API over plain HTTP, and creates the namespaces that every cluster has. It resolves when
 * connections are accepted and rejects where the address can't be listened on.
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, log, address = '127.0.0.1', port = 0, clock = () => new Date() } = options;
  ensureSystemNamespaces(store);
  const watches = new Set<WatchStream>();
  // Watches of types that are gone end, once they have told of the last objects.
  const endWatches = (types: readonly ResourceType[]): void => {
    for (const watch of watches) if (types.some((type) => isSameResource(type, watch.type))) watch.end();
  };
  const catalog = new Catalog(store, {
    clock,
    onRetract: (types) => void setImmediate(() => endWatches(types)),
  });
  const sockets = new Set<Socket>();
  const lineFaults = new LineFaults();
  const faults = new Faults({ store, watches, sockets, lines: lineFaults });
  const traffic = new Traffic();
  const service = new Service({
    store,
    catalog,
    log,
    clock,
    faults,
    lineFaults,
    traffic,
    watches,
    authorizer: options.authorizer ?? openAuthorizer,
    tokens: options.tokens ?? new ServiceAccountTokens({ store, clock }),
    containers: options.containers ?? { container: () => undefined },
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    maxPendingChanges: options.maxPendingChanges ?? 50_000,
    watchList: options.watchList ?? true,
  });
  const server = createServer((request, response) => {
    service.handle(request, response).catch((error: unknown) => {
      // A client that goes away in the middle of its request is no fault of ours.
      if (response.destroyed) return;
      log.error({ err: error, method: request.method, url: request.url }, 'request failed');
      if (response.headersSent) response.destroy();
      else respond(response, statusReply(internalError), 'json').catch(() => response.destroy());
    });
  });
  server.keepAliveTimeout = 60_000;
  const forwards = new PortForwards({ store });
  server.on('upgrade', (request, socket, head) => forwards.upgrade(request, socket, head));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  try {
    await listening(server, port, address);
  } catch (error) {
    catalog.close();
    throw error;
  }
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${reachableHost(bound)}:${bound.port}`,
    port: bound.port,
    catalog,
    faults,
    traffic,
    openWatches: (plural) =>
      [...watches].filter((one) => plural === undefined || one.plural === plural).length,
    close: async () => {
      catalog.close();
      faults.resume();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const watch of watches) watch.destroy();
      forwards.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The host of a URL to what listens there. On all addresses means on loopback too. */
function reachableHost({ address, family }: AddressInfo): string {
  if (family !== 'IPv6') return address === '0.0.0.0' ? '127.0.0.1' : address;
  return address === '::' ? '[::1]' : `[${address}]`;
}

const internalError = failure({
  code: 500,
  reason: 'InternalError',
  message: 'Internal error occurred',
});

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

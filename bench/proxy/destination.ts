import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import {
  type DestinationProfile,
  DestinationService,
  type GetDestination,
  type Update,
} from '../../src/gen/io/linkerd/proxy/destination/destination.js';

/** A control plane that knows one endpoint, whatever it is asked for. */
export async function startDestination(
  port: number,
  isMeshed: boolean,
): Promise<{ address: string; stop(): void }> {
  const server = new Server();
  server.addService(DestinationService, {
    get(call: ServerWritableStream<GetDestination, Update>) {
      const loopback = 0x7f00_0001;
      call.write({
        update: {
          $case: 'add',
          value: {
            metricLabels: new Map(),
            addrs: [
              {
                addr: { ip: { ip: { $case: 'ipv4', value: loopback } }, port },
                weight: 10_000,
                metricLabels: new Map([['pod', 'web-1']]),
                tlsIdentity: undefined,
                protocolHint: isMeshed
                  ? { protocol: { $case: 'h2', value: {} }, opaqueTransport: undefined }
                  : undefined,
                authorityOverride: undefined,
                http2: undefined,
                resourceRef: undefined,
              },
            ],
          },
        },
      });
    },
    getProfile(call: ServerWritableStream<GetDestination, DestinationProfile>) {
      call.write({
        fullyQualifiedName: 'web.shop.svc.cluster.local',
        opaqueProtocol: false,
        routes: [],
        retryBudget: undefined,
        dstOverrides: [],
        endpoint: undefined,
        parentRef: undefined,
        profileRef: undefined,
      });
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, it) =>
      error === null ? resolve(it) : reject(error),
    );
  });
  return { address: `127.0.0.1:${bound}`, stop: () => server.forceShutdown() };
}

import { type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import {
  DestinationClient,
  DestinationProfile,
  type Update,
} from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { createDestinationService } from '../../src/grpc/destination.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer, type GrpcServerOptions } from '../../src/grpc/server.js';
import { decodeMessage } from './contract.js';
import { recordingLog } from './log.js';
import { testMesh } from './mesh.js';
import { until } from './until.js';

/** What a stream brought, in the words of a test: addresses only. */
export type Told =
  | { readonly add: readonly string[] }
  | { readonly remove: readonly string[] }
  | { readonly noEndpoints: { readonly exists: boolean } };

export interface StreamOptions {
  readonly contextToken?: string;
}

/** The real Destination service on a socket, over a mesh that the test writes. */
export async function destinationServer(options: Partial<GrpcServerOptions> = {}, mesh = testMesh()) {
  const registry = new Registry();
  const destination = createDestinationService({
    mesh,
    clusterDomain: 'cluster.local',
    meshedHttp2ClientParams: undefined,
    registry,
  });
  const { log, lines } = recordingLog();
  const server = await createGrpcServer({
    name: 'proxy',
    address: { host: '127.0.0.1', port: 0 },
    services: [destination],
    log,
    metrics: createGrpcMetrics(registry),
    ...options,
  });
  const client = new DestinationClient(server.address, credentials.createInsecure());
  return {
    mesh,
    server,
    lines,
    registry,
    address: server.address,
    get: (path: string, { contextToken = '' }: StreamOptions = {}) =>
      recordStream(client.get({ scheme: '', path, contextToken }), summary),
    /** Each message whole, as the other implementation of the contract reads it. */
    getProfile: (path: string, { contextToken = '' }: StreamOptions = {}) =>
      recordStream(client.getProfile({ scheme: '', path, contextToken }), profileOf),
    async close(): Promise<void> {
      client.close();
      await server.drain({ graceMs: 0 });
      mesh.engine.close();
    },
  };
}

function profileOf(profile: DestinationProfile): unknown {
  return decodeMessage(
    'io.linkerd.proxy.destination.DestinationProfile',
    DestinationProfile.encode(profile).finish(),
  );
}

/** How a stream ended. */
export interface End {
  readonly end: { readonly code: string; readonly details: string };
}

function recordStream<Message, Summary>(
  call: ClientReadableStream<Message>,
  summarize: (message: Message) => Summary,
) {
  const told: (Summary | End)[] = [];
  let read = 0;
  call.on('data', (message: Message) => told.push(summarize(message)));
  call.on('error', ({ code, details }: ServiceError) => told.push({ end: { code: status[code], details } }));
  return {
    told,
    /** What has come since the last call: waits for `count` messages. */
    async next(count = 1): Promise<readonly (Summary | End)[]> {
      const from = read;
      await until(() => told.length >= from + count, {
        what: `${count} messages after ${from}: ${JSON.stringify(told)}`,
      });
      read = told.length;
      return told.slice(from);
    },
    pause: () => call.pause(),
    resume: () => call.resume(),
    cancel: () => call.cancel(),
  };
}

function summary({ update }: Update): Told {
  switch (update?.$case) {
    case 'add':
      return { add: update.value.addrs.map(({ addr }) => addressText(addr)).sort() };
    case 'remove':
      return { remove: update.value.addrs.map(addressText).sort() };
    case 'noEndpoints':
      return { noEndpoints: update.value };
    case undefined:
      throw new Error('an update that says nothing');
  }
}

function addressText(
  addr:
    | {
        readonly ip:
          | { readonly ip: { readonly $case: string; readonly value: unknown } | undefined }
          | undefined;
        readonly port: number;
      }
    | undefined,
): string {
  const ip = addr?.ip?.ip;
  if (ip?.$case !== 'ipv4') throw new Error('not an IPv4 address');
  const value = ip.value as number;
  return `${[24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')}:${addr!.port}`;
}

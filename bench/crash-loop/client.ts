import { type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { DestinationClient, type Update } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { serviceNames } from '../kit/cluster/cluster-objects.js';
import { serveCommands } from '../kit/worker.js';

/** A process with streams that keep account of the endpoints they are told of, as proxies do. */

interface Follower {
  readonly service: number;
  readonly addresses: Set<number>;
  messages: number;
}

export interface Followed {
  readonly messages: number;
  /** The addresses that each stream knows, in ascending order. */
  readonly streams: readonly { readonly service: number; readonly addresses: readonly string[] }[];
}

const followers: Follower[] = [];
let failure: string | undefined;

const commands = {
  /** Opens so many streams, over so many connections, on services in turn. Resolves when each has been told something. */
  async open({
    proxyApi,
    streams,
    connections,
    services,
  }: {
    proxyApi: string;
    streams: number;
    connections: number;
    services: number;
  }): Promise<void> {
    const clients = Array.from(
      { length: connections },
      () =>
        new DestinationClient(proxyApi, credentials.createInsecure(), {
          'grpc.use_local_subchannel_pool': 1,
        }),
    );
    await Promise.all(
      Array.from({ length: streams }, (_, stream) => {
        const service = stream % services;
        const { namespace, name } = serviceNames(service);
        const call = clients[stream % connections]!.get({
          scheme: '',
          path: `${name}.${namespace}.svc.cluster.local:80`,
          contextToken: '',
        });
        const follower: Follower = { service, addresses: new Set(), messages: 0 };
        followers.push(follower);
        return follow(call, follower);
      }),
    );
  },
  followed(): Followed {
    if (failure !== undefined) throw new Error(failure);
    return {
      messages: followers.reduce((sum, { messages }) => sum + messages, 0),
      streams: followers.map(({ service, addresses }) => ({
        service,
        addresses: [...addresses].map(toText).sort(),
      })),
    };
  },
} as const;

export type FollowerCommands = typeof commands;

/** Resolves at the first message. */
function follow(call: ClientReadableStream<Update>, follower: Follower): Promise<void> {
  return new Promise((resolve) => {
    call.on('data', ({ update }: Update) => {
      follower.messages += 1;
      const { addresses } = follower;
      switch (update?.$case) {
        case 'add':
          for (const { addr } of update.value.addrs) addresses.add(ipv4(addr?.ip));
          break;
        case 'remove':
          for (const { ip } of update.value.addrs) addresses.delete(ipv4(ip));
          break;
        case 'noEndpoints':
          addresses.clear();
          break;
        case undefined:
          failure ??= 'an update that says nothing';
      }
      resolve();
    });
    call.on('error', (error) => {
      failure ??= String(error);
      resolve();
    });
    call.on('end', () => {
      failure ??= 'a stream has ended';
    });
  });
}

type Ip = { readonly ip?: { readonly $case: string; readonly value: unknown } | undefined } | undefined;

function ipv4(ip: Ip): number {
  return Number(ip?.ip?.value);
}

function toText(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.');
}

serveCommands(commands);

import { type ClientOptions, credentials } from '@grpc/grpc-js';
import { DestinationClient } from '../gen/io/linkerd/proxy/destination/destination.js';

/** A connection to a control plane, made when it is first needed and shared by any number of streams. */
export interface DestinationChannel {
  /** The control plane's proxy-facing address, `host:port`. */
  readonly address: string;
  readonly client: DestinationClient;
  close(): void;
}

/** `address` is the control plane's proxy-facing one, `host:port`; plaintext HTTP/2. */
export function createChannel(address: string): DestinationChannel {
  const client = new DestinationClient(address, credentials.createInsecure(), channelOptions);
  return { address, client, close: () => client.close() };
}

/** How every client of a control plane connects to it. Clients of the same address and options share one connection. */
export const channelOptions: ClientOptions = {
  // An address of a control plane is inside of the cluster's network or on loopback: what HTTP_PROXY says for the
  // web doesn't apply to it.
  'grpc.enable_http_proxy': 0,
  // The pauses between attempts are ours to choose, so the channel itself must be ready when one is over.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // A peer that is gone without a word is noticed after 40 s. Servers in Go count pings that come more often than
  // every 5 minutes; grpc-js then sends fewer.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0,
};

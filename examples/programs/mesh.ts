import { textSetting } from './settings.js';

/**
 * How the programs reach each other. In a mesh everything goes to the sidecar, which learns from the name in the request
 * where it is meant to go: MESH_OUTBOUND is where it takes HTTP and gRPC, and MESH_OUTBOUND_TCP where it takes the bytes
 * for an authority (`AUTHORITY=HOST:PORT,…`). Without them, programs connect to the names themselves.
 */

/** `HOST:PORT` of a service. */
export type Peer = string;

const outbound = textSetting('MESH_OUTBOUND', '');
const outboundTcp = new Map(
  textSetting('MESH_OUTBOUND_TCP', '')
    .split(',')
    .map((entry) => entry.split('=') as [string, string]),
);

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where to connect for a request whose Host header is the peer. */
export function httpTarget(peer: Peer): HostPort {
  return hostPort(outbound === '' ? peer : new URL(outbound).host);
}

export function grpcTarget(peer: Peer): { readonly address: string; readonly authority: string } {
  return { address: outbound === '' ? peer : new URL(outbound).host, authority: peer };
}

export function tcpTarget(peer: Peer): HostPort {
  return hostPort(outboundTcp.get(peer) ?? peer);
}

function hostPort(address: string): HostPort {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname, port: Number(port) };
}

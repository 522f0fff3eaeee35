import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { formatListenAddress, type ListenAddress } from './address.js';

// When a replica goes, its thousands of proxies come to the others at once. The kernel caps this at net.core.somaxconn.
const backlog = 4_096;

/**
 * Binds `server` and resolves to what it is bound to. Throws one Error that names the address as it was asked for and
 * says what is wrong with it.
 */
export async function listen(server: Server, address: ListenAddress): Promise<AddressInfo> {
  try {
    server.listen({ port: address.port, backlog, ...(address.host !== undefined && { host: address.host }) });
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`cannot listen on ${formatListenAddress(address)}: ${reasonOf(error)}`, { cause: error });
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no TCP address');
  return bound;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return 'the address is already in use';
    case 'EACCES':
      return 'permission denied; ports below 1024 need privileges';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have the address';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name does not resolve';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

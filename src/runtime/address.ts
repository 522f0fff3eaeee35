import { isIPv4, isIPv6, type AddressInfo } from 'node:net';

/** Where a server listens. */
export interface ListenAddress {
  /** An IP address without brackets, or a host name; undefined for every interface, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** `host:port`, an IPv6 host in brackets; `:port` for every interface. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  if (host === undefined) return `:${port}`;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address a server has bound, with the port that the system chose. */
export function formatBoundAddress({ address, port }: AddressInfo): string {
  return formatListenAddress({ host: address, port });
}

/** Whether what listens there, or connects from there, is on this machine alone. Undefined: no. */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  const v4 = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
  return v4 === '::1' || v4 === 'localhost' || (isIPv4(v4) && v4.startsWith('127.'));
}

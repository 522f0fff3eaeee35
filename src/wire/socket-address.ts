import type { IPAddress, TcpAddress } from '../gen/io/linkerd/proxy/net/net.js';

/** Where an endpoint listens. */
export interface SocketAddress {
  /** In canonical text form (RFC 5952 for IPv6). */
  readonly ip: string;
  readonly port: number;
}

/** Undefined where a part is missing or out of range; proxies skip such an address. */
export function decodeAddress(address: TcpAddress | undefined): SocketAddress | undefined {
  const ip = decodeIp(address?.ip);
  if (address === undefined || ip === undefined) return undefined;
  return address.port >= 1 && address.port <= 65_535 ? { ip, port: address.port } : undefined;
}

export function decodeIp(address: IPAddress | undefined): string | undefined {
  switch (address?.ip?.$case) {
    case 'ipv4':
      return formatIPv4(address.ip.value);
    case 'ipv6':
      return formatIPv6(address.ip.value.first, address.ip.value.last);
    case undefined:
      return undefined;
  }
}

/** `value` holds the four octets as one big-endian integer. */
function formatIPv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
}

/** `first` and `last` hold eight octets each as big-endian integers. */
function formatIPv6(first: bigint, last: bigint): string {
  // RFC 5952, section 5: an IPv4-mapped address shows the IPv4 address as such.
  if (first === 0n && last >> 32n === 0xffffn) return `::ffff:${formatIPv4(Number(last & 0xffff_ffffn))}`;

  const groups = [first, last]
    .flatMap((half) => [48n, 32n, 16n, 0n].map((shift) => (half >> shift) & 0xffffn))
    .map((group) => group.toString(16));
  const zeros = longestZeroRun(groups);
  if (zeros === undefined) return groups.join(':');
  const head = groups.slice(0, zeros.start).join(':');
  const tail = groups.slice(zeros.start + zeros.length).join(':');
  return `${head}::${tail}`;
}

/** RFC 5952, section 4.2: the longest run of zero groups is shortened, the first of several, but never a single group. */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } | undefined {
  let best = { start: 0, length: 1 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best.length > 1 ? best : undefined;
}

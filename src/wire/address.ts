import { isIPv4 } from 'node:net';
import type { IPAddress, TcpAddress } from '../gen/io/linkerd/proxy/net/net.js';

/** An address as proxies read it. `ip` is a valid IPv4 or IPv6 literal without a zone id. */
export function toTcpAddress(ip: string, port: number): TcpAddress {
  return { ip: toIpAddress(ip), port };
}

export function toIpAddress(ip: string): IPAddress {
  if (isIPv4(ip)) return { ip: { $case: 'ipv4', value: ipv4Number(ip) } };
  const octets = ipv6Octets(ip);
  return {
    ip: { $case: 'ipv6', value: { first: octets.readBigUInt64BE(0), last: octets.readBigUInt64BE(8) } },
  };
}

function ipv4Number(ip: string): number {
  return ip.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
}

/** RFC 4291, section 2.2: hextets, `::` for the one run of zeros left out, and perhaps an IPv4 tail. */
function ipv6Octets(ip: string): Buffer {
  const tail = ip.slice(ip.lastIndexOf(':') + 1);
  const text = isIPv4(tail) ? `${ip.slice(0, -tail.length)}${hextetsOf(ipv4Number(tail))}` : ip;
  const [head = '', rest] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const octets = Buffer.alloc(16);
  for (const [index, hextet] of [...left, ...zeros, ...right].entries()) {
    octets.writeUInt16BE(Number.parseInt(hextet, 16), index * 2);
  }
  return octets;
}

function hextetsOf(value: number): string {
  return `${Math.floor(value / 65_536).toString(16)}:${(value % 65_536).toString(16)}`;
}

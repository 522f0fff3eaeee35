import { isIP } from 'node:net';

/**
 * An IP address in canonical text form (RFC 5952 for IPv6), or undefined where `text` is none. An IPv4 address that is
 * written as an IPv6 one (`::ffff:10.0.0.1`) is the IPv4 address. An IPv6 zone (`fe80::1%eth0`) has a meaning on one
 * machine only, and makes an address useless to others: it is refused.
 */
export function canonicalIp(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6 || text.includes('%')) return undefined;
  // The URL standard serialises an IPv6 host in that form, in brackets.
  const ip = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const { high, low } = mappedIpv4.exec(ip)?.groups ?? {};
  // A slice would keep the whole URL in memory.
  if (high === undefined || low === undefined) return ip === text ? text : ip;
  const octets = [Number.parseInt(high, 16), Number.parseInt(low, 16)].flatMap((half) => [
    half >> 8,
    half & 0xff,
  ]);
  return octets.join('.');
}

const mappedIpv4 = /^::ffff:(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4})$/;

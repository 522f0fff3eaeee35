import { isIP } from 'node:net';

/**
 * An IP address in canonical text form (RFC 5952 for IPv6), or undefined where `text` is none. An IPv6 zone
 * (`fe80::1%eth0`) has a meaning on one machine only, and makes an address useless to others: it is refused.
 */
export function canonicalIp(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6 || text.includes('%')) return undefined;
  // The URL standard serialises an IPv6 host in that form, in brackets.
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

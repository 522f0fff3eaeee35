import { isIP } from 'node:net';
import type { IPAddress } from '../gen/io/linkerd/proxy/net/net.js';
import { toIpAddress } from '../wire/address.js';

/**
 * An address as contracts have it. A socket that listens in both families has its IPv4 clients in IPv6 form, and a
 * link-local address has a zone; neither belongs on the wire. Undefined for a host name.
 */
export function wireIp(text: string): IPAddress | undefined {
  const [unzoned = ''] = text.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(unzoned)?.[1];
  const ip = mapped ?? unzoned;
  return isIP(ip) === 0 ? undefined : toIpAddress(ip);
}

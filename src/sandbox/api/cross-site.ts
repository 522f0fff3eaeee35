import { isIP } from 'node:net';

/**
 * Whether a request may be the doing of a web page in a browser on this machine: everybody who can connect may do
 * everything, and a page can make the browser connect. A page's request to another site names the page's origin, and
 * one that got here by a name that was made to resolve to loopback (DNS rebinding) names that host.
 */
export function isCrossSite(request: {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly localAddress: string | undefined;
}): boolean {
  const { host = '', origin, localAddress = '' } = request;
  if (origin !== undefined && origin !== `http://${host}`) return true;
  const name = hostName(host);
  // An address can't be made to resolve to another one, and whoever serves on one that isn't loopback has names for it
  // that can't be known here.
  const known = name === '' || name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0;
  return !known && isLoopback(localAddress);
}

/** The host of a Host header, without its port. */
function hostName(host: string): string {
  return /^\[([^\]]*)\](:\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.');
}

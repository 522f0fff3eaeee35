import { isIP } from 'node:net';

/** The small languages that objects and requests are written in. What can't be read is `undefined`. */

/** An address with every group of IPv6 spelled out: `10.0.0.1`, `fd00:0:0:0:0:0:0:1`. IPv4 in IPv6 is IPv4. */
export function readIp(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.includes('%')) return undefined;
  if (isIP(text) === 4) return text;
  if (isIP(text) !== 6) return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
  if (mapped !== null) return mapped[1];
  const [left = '', right = ''] = text.split('::');
  const leftGroups = left === '' ? [] : left.split(':');
  const rightGroups = right === '' ? [] : right.split(':');
  const missing = 8 - leftGroups.length - rightGroups.length;
  const groups = [...leftGroups, ...Array.from({ length: missing }, () => '0'), ...rightGroups];
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}

export function isIpv6(ip: string): boolean {
  return ip.includes(':');
}

/** How the oracle and the model client name an address. */
export function addressText(ip: string, port: number): string {
  return isIpv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** A TCP port. */
export function readPort(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
    ? value
    : undefined;
}

/** TCP is what counts where no protocol is named. */
export function isTcp(protocol: string | null | undefined): boolean {
  return protocol === undefined || protocol === null || protocol === '' || protocol === 'TCP';
}

/**
 * Whether a list such as `80,4000-4100,http` holds the port. `named` are the ports that can be called by name. Items that
 * make no sense don't count.
 */
export function listsPort(
  list: string,
  port: number,
  named: readonly { readonly name: string; readonly port: number }[] = [],
): boolean {
  return list.split(',').some((padded) => {
    const item = padded.trim();
    if (item === '') return false;
    if (/^\d+$/.test(item)) return Number(item) === port;
    if (/^\d+-\d+$/.test(item)) {
      const [from, to] = item.split('-').map(Number);
      return from! >= 1 && to! <= 65_535 && from! <= port && port <= to!;
    }
    return named.some((each) => each.name === item && each.port === port);
  });
}

/** Milliseconds of a duration in the grammar of Go's `time.ParseDuration`: `300ms`, `1h30m`, `-1.5s`, `0`. */
export function readDurationMs(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const [, sign, rest = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ms += Number(amount) * msPerUnit[unit!]!;
  }
  return sign === '-' ? -ms : ms;
}

const msPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A Kubernetes quantity: `1`, `500m`, `0.5`, `1k`, `1Ki`, `1e3`. */
export function readQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const [, amount, suffix = '', exponent] =
    /^([-+]?(?:\d+\.?\d*|\.\d+))(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([-+]?\d+))?$/.exec(value) ?? [];
  if (amount === undefined) return undefined;
  if (exponent !== undefined) return Number(`${amount}e${exponent}`);
  return Number(amount) * (suffix === '' ? 1 : suffixes[suffix]!);
}

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

export type Authority =
  | { readonly kind: 'address'; readonly ip: string; readonly port: number }
  | {
      readonly kind: 'name';
      readonly instance: string | undefined;
      readonly service: string;
      readonly namespace: string;
      readonly port: number;
    };

/** `[<instance>.]<service>.<namespace>.svc.<domain>[:<port>]`, `<ipv4>[:<port>]`, `[<ipv6>][:<port>]`. The port is 80 where none is named. */
export function readAuthority(text: string, clusterDomain: string): Authority | undefined {
  const [, bracketed, plain, portText = '80'] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(.*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = /^\d{1,5}$/.test(portText) ? readPort(Number(portText)) : undefined;
  if (host === undefined || port === undefined) return undefined;
  if (isIP(host) > 0) {
    const ip = readIp(host);
    return ip === undefined ? undefined : { kind: 'address', ip, port };
  }
  const suffix = `.svc.${clusterDomain}`;
  if (!host.endsWith(suffix)) return undefined;
  const labels = host.slice(0, -suffix.length).split('.');
  if (!labels.every((label) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label))) return undefined;
  const [namespace, service, instance, ...more] = labels.reverse();
  if (namespace === undefined || service === undefined || more.length > 0) return undefined;
  return { kind: 'name', instance, service, namespace, port };
}

/** What a client says about itself. */
export function readToken(text: string): {
  readonly namespace: string | undefined;
  readonly node: string | undefined;
} {
  if (text === '') return { namespace: undefined, node: undefined };
  if (text.startsWith('ns:')) return { namespace: text.slice(3), node: undefined };
  const { ns, nodeName } = JSON.parse(text) as { readonly ns?: string; readonly nodeName?: string };
  return { namespace: ns || undefined, node: nodeName || undefined };
}

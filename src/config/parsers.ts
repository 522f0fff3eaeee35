import { isIPv4, isIPv6 } from 'node:net';
import { parseContextToken } from '../core/context-token.js';
import { parsePortRanges, type PortRange } from '../core/port-ranges.js';
import type { Parsed, Parser } from './flag.js';

/** Where to listen, or whom to connect to. */
export interface HostPort {
  /**
   * An IP address without brackets, or a DNS name. Undefined: every interface, which only an address to listen on
   * can be.
   */
  readonly host: string | undefined;
  /** 0 to 65535; 0, only when listening, is any free port. */
  readonly port: number;
}

/** A span of time. An object, so that the unit is read wherever it is used. */
export interface Duration {
  readonly ms: number;
}

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const wrong = (expected: string) => ({ ok: false, expected }) as const;

/** `127.0.0.1:8086`, `[::1]:8086`, `localhost:8086`, `:8086` (every interface), `127.0.0.1:0` (any free port). */
export function listenAddress(text: string): Parsed<HostPort> {
  const parts = splitHostPort(text);
  if (parts === undefined || !(parts.host === '' || isHost(parts.host))) {
    return wrong('HOST:PORT such as 127.0.0.1:8086 or [::1]:8086, or :PORT for every interface');
  }
  if (parts.port > 65_535) return wrong('a port from 0 to 65535');
  return ok({ host: parts.host === '' ? undefined : parts.host, port: parts.port });
}

/** `127.0.0.1:8086`, `[::1]:8086`, `conduit-destination.conduit.svc:8086`. */
export function dialAddress(text: string): Parsed<HostPort & { readonly host: string }> {
  const parts = splitHostPort(text);
  if (parts === undefined || !isHost(parts.host)) {
    return wrong('HOST:PORT such as 127.0.0.1:8086, [::1]:8086 or localhost:8086');
  }
  if (parts.port === 0 || parts.port > 65_535) return wrong('a port from 1 to 65535');
  return ok(parts);
}

/** What another parser reads, or the word `off` in place of it. */
export function orOff<T>(parse: Parser<T>): Parser<T | 'off'> {
  return (text) => {
    if (text === 'off') return ok('off');
    const parsed = parse(text);
    return parsed.ok ? parsed : wrong(`${parsed.expected}, or off`);
  };
}

/** `10.0.0.7:8080=127.0.0.1:8080`: where to listen, and whom to connect to for what comes there. */
export function forwardRule(
  text: string,
): Parsed<{ readonly listen: HostPort; readonly forward: HostPort & { readonly host: string } }> {
  const [listenText = '', forwardText = '', ...more] = text.split('=');
  const listen = listenAddress(listenText);
  const forward = dialAddress(forwardText);
  return listen.ok && forward.ok && more.length === 0
    ? ok({ listen: listen.value, forward: forward.value })
    : wrong('LISTEN=FORWARD, each HOST:PORT, such as 10.0.0.7:8080=127.0.0.1:8080');
}

/** `127.0.0.1:3306=db.shop.svc.cluster.local:3306`: where to listen, and for whom. */
export function outboundTcpRule(
  text: string,
): Parsed<{ readonly listen: HostPort; readonly authority: string }> {
  const rule = forwardRule(text);
  return rule.ok
    ? ok({ listen: rule.value.listen, authority: formatHostPort(rule.value.forward) })
    : wrong('LISTEN=AUTHORITY, each HOST:PORT, such as 127.0.0.1:3306=db.shop.svc.cluster.local:3306');
}

/** `host:port` as gRPC and URLs write it: an IPv6 address stands in brackets. */
export function formatHostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address of IPv4 or IPv6, without brackets. */
export function ipAddress(text: string): Parsed<string> {
  return isIPv4(text) || isIPv6(text) ? ok(text) : wrong('an IP address, such as 10.0.0.7');
}

/** A name such as `cluster.local`: lower case (RFC 1123), no dot at the end. */
export function dnsName(text: string): Parsed<string> {
  return isDnsName(text) && text.length <= 253
    ? ok(text)
    : wrong('a DNS name in lower case without a dot at its end, such as cluster.local');
}

/** One DNS label, as Kubernetes wants the names of namespaces. */
export function namespace(text: string): Parsed<string> {
  return isDnsName(text) && !text.includes('.')
    ? ok(text)
    : wrong('the name of a namespace: at most 63 letters a-z, digits and dashes');
}

/**
 * Where an HTTP API is served: `http://prometheus:9090`, `https://user:password@example.org/prometheus`. As a URL without a
 * slash at its end.
 */
export function httpUrl(text: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  return url !== undefined && isHttp && url.search === '' && url.hash === '' && isEncoded(url)
    ? ok(url.href.replace(/\/+$/, ''))
    : wrong('a URL such as http://prometheus.monitoring:9090, with http or https and without a query');
}

/** Whether a URL's user and password can be read (RFC 3986, section 2.1). */
function isEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

/** A path or another text that isn't empty. */
export function nonEmpty(expected: string): Parser<string> {
  return (text) => (text === '' ? wrong(expected) : ok(text));
}

/** `true` or `false`. */
export function boolean(text: string): Parsed<boolean> {
  return text === 'true' || text === 'false' ? ok(text === 'true') : wrong('true or false');
}

/** One of a few words, as they are spelt. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Parser<Choice> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    return choice === undefined ? wrong(`one of ${choices.join(', ')}`) : ok(choice);
  };
}

/** Some of a few words, separated by commas; at least one, none twice in the result. */
export function someOf<const Choice extends string>(
  ...choices: readonly Choice[]
): Parser<readonly Choice[]> {
  return (text) => {
    const words = new Set(text.split(',').map((word) => word.trim()));
    const known = choices.filter((choice) => words.has(choice));
    return known.length === words.size
      ? ok(known)
      : wrong(`a list separated by commas, of: ${choices.join(', ')}`);
  };
}

/** The name of an HTTP header field (RFC 9110, section 5.6.2). */
export const headerName: Parser<string> = (text) =>
  /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(text) ? ok(text) : wrong('the name of a header');

/** Names of header fields, separated by commas; none for an empty text. */
export const headerNames: Parser<readonly string[]> = (text) => {
  const names = text === '' ? [] : text.split(',').map((name) => name.trim());
  return names.every((name) => headerName(name).ok)
    ? ok(names)
    : wrong('names of headers, separated by commas');
};

/** A whole number in decimal digits, bounds included. */
export function integer({ min, max }: { readonly min: number; readonly max: number }): Parser<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? ok(value) : wrong(`a whole number from ${min} to ${max}`);
  };
}

/** `25,443,4000-4100`; an empty text is no port. */
export function portRanges(text: string): Parsed<readonly PortRange[]> {
  const { ranges, wrong: items } = parsePortRanges(text);
  return items.length === 0
    ? ok(ranges)
    : wrong('ports and ranges of ports from 1 to 65535 separated by commas, such as 25,443,4000-4100');
}

/** Timers take less than 2^31 ms, about 24.8 days; nothing here waits for as long as a day. */
const longestDurationMs = 86_400_000;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `1m30s`, `1.5h`: Go's notation, as in Kubernetes manifests. Rounded to whole milliseconds. */
export function duration({
  min,
  max = { ms: longestDurationMs },
}: {
  readonly min: Duration;
  readonly max?: Duration;
}): Parser<Duration> {
  return (text) => {
    const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)/g)];
    const complete = parts.length > 0 && parts.map(([part]) => part).join('') === text;
    const ms = Math.round(
      parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitsMs[unit ?? ''] ?? Number.NaN), 0),
    );
    return complete && ms >= min.ms && ms <= max.ms
      ? ok({ ms })
      : wrong(
          `a duration from ${formatDuration(min.ms)} to ${formatDuration(max.ms)}, such as 500ms, 10s or 1m30s`,
        );
  };
}

/** In the greatest unit that makes a whole number of it. */
function formatDuration(ms: number): string {
  for (const [unit, unitMs] of Object.entries(unitsMs).toReversed()) {
    if (ms > 0 && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}

/** The text itself, where the control plane would learn something from it. */
export function contextToken(text: string): Parsed<string> {
  const { namespace: ns, nodeName, pod } = parseContextToken(text);
  return ns === undefined && nodeName === undefined && pod === undefined
    ? wrong('a JSON object such as {"ns":"shop","nodeName":"node-1","pod":"web-1"}')
    : ok(text);
}

function splitHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text);
  const { ipv6, name, port } = match?.groups ?? {};
  if (port === undefined || (ipv6 !== undefined && !isIPv6(ipv6))) return undefined;
  return { host: ipv6 ?? name ?? '', port: Number(port) };
}

function isHost(text: string): boolean {
  if (isIPv6(text) || isIPv4(text)) return true;
  // A name that ends in a number would be taken for an IPv4 address (RFC 1123, section 2.1), and is none.
  return isDnsName(text.toLowerCase()) && !/(^|\.)\d+$/.test(text);
}

/** Dot-separated labels of RFC 1123, in lower case. */
function isDnsName(text: string): boolean {
  return text.split('.').every((label) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(label));
}

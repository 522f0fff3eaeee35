import { isIP } from 'node:net';
import { type ServiceId, serviceId } from './ids.js';
import { canonicalIp } from './ip.js';

/** What a lookup by name asks for: a service, or one named instance behind it, on a port. */
export interface ServiceAuthority {
  readonly service: ServiceId;
  readonly namespace: string;
  readonly name: string;
  /** The instance of `<instance>.<service>.<namespace>.svc.<domain>`, as StatefulSets name their pods. */
  readonly hostname: string | undefined;
  /** 1 to 65535. */
  readonly port: number;
}

export type Authority =
  | ({ readonly kind: 'service' } & ServiceAuthority)
  /** `ip` is in canonical text form. */
  | { readonly kind: 'address'; readonly ip: string; readonly port: number };

export type ParsedAuthority =
  | { readonly ok: true; readonly value: Authority }
  | { readonly ok: false; readonly problem: string };

/** RFC 3986 leaves the default to the scheme; the proxies' contract says 80. */
const defaultPort = 80;

/** RFC 1035: 253 characters of name; with brackets, colon and port nothing valid is longer. */
const maxLength = 270;

/** RFC 1123 as Kubernetes applies it to Service, Namespace and instance names. */
const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Parses the authority of a destination lookup.
 *
 * Accepted: `host` (port 80), `host:port`, `[v6]:port`. A host is an IP literal, `<service>.<namespace>.svc.<domain>` or
 * `<instance>.<service>.<namespace>.svc.<domain>`, for the given cluster domain, without a trailing dot and in lower
 * case, as proxies send it. Anything else can't name a service of this cluster, whatever exists in it. Problems are one
 * short line: an authority of unbounded length is not repeated in them.
 */
export function parseAuthority(text: string, clusterDomain: string): ParsedAuthority {
  const invalid = (expected: string): ParsedAuthority => ({
    ok: false,
    problem: `Invalid authority: ${text.length > maxLength ? `${text.slice(0, maxLength)}…` : text}: ${expected}`,
  });
  if (text.length > maxLength) return invalid(`expected at most ${maxLength} characters`);

  const { host, v6, portText } = hostAndPort.exec(text)?.groups ?? {};
  const name = v6 ?? host;
  if (name === undefined) return invalid('expected host[:port]');
  const port = portText === undefined ? defaultPort : parsePort(portText);
  if (port === undefined) return invalid('expected a port from 1 to 65535');
  if (isIP(name) !== 0) {
    const ip = canonicalIp(name);
    return ip === undefined
      ? invalid('expected an IPv6 address without a zone')
      : { ok: true, value: { kind: 'address', ip, port } };
  }

  const suffix = `.svc.${clusterDomain}`;
  const labels = name.endsWith(suffix) ? name.slice(0, -suffix.length).split('.') : [];
  const [namespace, service, hostname, ...more] = labels.toReversed();
  if (namespace === undefined || service === undefined || more.length > 0 || !labels.every(isLabel)) {
    return invalid(`expected [<instance>.]<service>.<namespace>${suffix}[:<port>]`);
  }
  return {
    ok: true,
    value: {
      kind: 'service',
      service: serviceId(namespace, service),
      namespace,
      name: service,
      hostname,
      port,
    },
  };
}

const hostAndPort = /^(?:\[(?<v6>[^[\]]+)\]|(?<host>[^:[\]]+))(?::(?<portText>.*))?$/s;

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function isLabel(text: string): boolean {
  return label.test(text);
}

import type { Duration } from '../../src/gen/google/protobuf/duration.js';
import {
  DestinationProfile,
  type Http2ClientParams,
  type ProtocolHint,
  type RequestMatch,
  type ResponseMatch,
  type TlsIdentity,
  Update,
  type WeightedAddr,
} from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import {
  type HttpMethod,
  HttpMethod_Registered,
} from '../../src/gen/io/linkerd/proxy/http_types/http_types.js';
import type { Metadata } from '../../src/gen/io/linkerd/proxy/meta/meta.js';
import type { TcpAddress } from '../../src/gen/io/linkerd/proxy/net/net.js';
import type { ProfileAnswer } from './oracle/profile.js';
import type { Condition } from './oracle/service-profile.js';
import type { Description } from './oracle/workloads.js';

/** What the bytes of a stream say, in the words of the oracle. Whatever a proxy couldn't read throws. */

export type ToldUpdate =
  | { readonly kind: 'add'; readonly endpoints: ReadonlyMap<string, Description> }
  | { readonly kind: 'remove'; readonly addresses: readonly string[] }
  | { readonly kind: 'no-endpoints'; readonly exists: boolean };

export function readUpdate(bytes: Uint8Array): ToldUpdate {
  const { update } = Update.decode(bytes);
  switch (update?.$case) {
    case 'add': {
      const { addrs, metricLabels } = update.value;
      if (addrs.length === 0) throw new Error('an add of nothing');
      const endpoints = new Map(
        addrs.map((addr) => [toAddress(addr.addr), toDescription(addr, metricLabels)]),
      );
      if (endpoints.size < addrs.length) throw new Error('an add that holds an address twice');
      return { kind: 'add', endpoints };
    }
    case 'remove': {
      const addresses = update.value.addrs.map(toAddress);
      if (addresses.length === 0) throw new Error('a remove of nothing');
      return { kind: 'remove', addresses };
    }
    case 'noEndpoints':
      return { kind: 'no-endpoints', exists: update.value.exists };
    case undefined:
      throw new Error('an update that says nothing');
  }
}

export function readProfile(bytes: Uint8Array): ProfileAnswer {
  const told = DestinationProfile.decode(bytes);
  const { retryBudget: budget, endpoint } = told;
  return {
    name: told.fullyQualifiedName,
    isOpaque: told.opaqueProtocol,
    routes: told.routes.map((route) => ({
      name: route.metricsLabels.get('route') ?? '',
      condition: toRequestCondition(route.condition),
      classes: route.responseClasses.map(({ condition, isFailure }) => ({
        condition: toResponseCondition(condition),
        isFailure,
      })),
      isRetryable: route.isRetryable,
      timeoutMs: route.timeout && toMs(route.timeout),
    })),
    budget: budget && {
      ratio: budget.retryRatio,
      minPerSecond: budget.minRetriesPerSecond,
      ttlMs: budget.ttl === undefined ? 0 : toMs(budget.ttl),
    },
    overrides: told.dstOverrides.map(({ authority, weight }) => ({ authority, weight })),
    endpoint: endpoint && { address: toAddress(endpoint.addr), ...toDescription(endpoint, new Map()) },
    parent: toReference(told.parentRef),
    profile: toReference(told.profileRef),
  };
}

/** An address's own labels go before those of its set. */
function toDescription(addr: WeightedAddr, setLabels: ReadonlyMap<string, string>): Description {
  const { protocolHint } = addr;
  return {
    weight: addr.weight,
    labels: Object.fromEntries([...setLabels, ...addr.metricLabels]),
    identity: toIdentity(addr.tlsIdentity),
    protocol: protocolHint?.protocol?.$case,
    transportPort: toTransportPort(protocolHint),
    authority: addr.authorityOverride?.authorityOverride,
    http2: addr.http2 && toHttp2Text(addr.http2),
    resource: toReference(addr.resourceRef),
  };
}

function toTransportPort(hint: ProtocolHint | undefined): number | undefined {
  const port = hint?.opaqueTransport?.inboundPort;
  if (port === 0) throw new Error('a transport to port 0');
  return port;
}

function toAddress(address: TcpAddress | undefined): string {
  const ip = address?.ip?.ip;
  if (address === undefined || ip === undefined) throw new Error('an address without an IP');
  if (address.port < 1 || address.port > 65_535) throw new Error(`port ${address.port}`);
  if (ip.$case === 'ipv4') {
    const octets = [24, 16, 8, 0].map((shift) => (ip.value >>> shift) & 0xff);
    return `${octets.join('.')}:${address.port}`;
  }
  const { first, last } = ip.value;
  const groups = [first, last].flatMap((half) =>
    [48n, 32n, 16n, 0n].map((shift) => ((half >> shift) & 0xffffn).toString(16)),
  );
  return `[${groups.join(':')}]:${address.port}`;
}

function toIdentity(identity: TlsIdentity | undefined): string | undefined {
  if (identity === undefined) return undefined;
  const { strategy, serverName } = identity;
  const sni = serverName === undefined ? '' : ` sni ${serverName.name}`;
  switch (strategy?.$case) {
    case 'dnsLikeIdentity':
      return `dns ${strategy.value.name}${sni}`;
    case 'uriLikeIdentity':
      return `uri ${strategy.value.uri}${sni}`;
    case undefined:
      throw new Error('an identity of nobody');
  }
}

/** The settings of a connection in one line. */
export function toHttp2Text({ flowControl, keepAlive, internals }: Http2ClientParams): string {
  const { interval, timeout } = keepAlive ?? {};
  return [
    `window ${flowControl?.initialStreamWindowSize}`,
    `ping ${interval && toMs(interval)} ms`,
    `wait ${timeout && toMs(timeout)} ms`,
    `idle ${keepAlive?.whileIdle}`,
    `frame ${internals?.maxFrameSize}`,
  ].join(', ');
}

function toReference(metadata: Metadata | undefined): string | undefined {
  if (metadata === undefined) return undefined;
  if (metadata.kind?.$case !== 'resource') throw new Error('a reference to no resource');
  const { group, kind, namespace, name, section, port } = metadata.kind.value;
  return `${group} ${kind} ${namespace}/${name}${section}${port === 0 ? '' : `:${port}`}`;
}

function toRequestCondition(condition: RequestMatch | undefined): Condition {
  const match = condition?.match;
  switch (match?.$case) {
    case 'all':
      return { all: match.value.matches.map(toRequestCondition) };
    case 'any':
      return { any: match.value.matches.map(toRequestCondition) };
    case 'not':
      return { not: toRequestCondition(match.value) };
    case 'path':
      return { path: match.value.regex };
    case 'method':
      return { method: toMethodName(match.value) };
    case undefined:
      throw new Error('a condition of nothing');
  }
}

function toResponseCondition(condition: ResponseMatch | undefined): Condition {
  const match = condition?.match;
  switch (match?.$case) {
    case 'all':
      return { all: match.value.matches.map(toResponseCondition) };
    case 'any':
      return { any: match.value.matches.map(toResponseCondition) };
    case 'not':
      return { not: toResponseCondition(match.value) };
    case 'status':
      return { status: [match.value.min, match.value.max] };
    case undefined:
      throw new Error('a condition of nothing');
  }
}

/** A method that is registered must be told by its number. */
function toMethodName({ type }: HttpMethod): string {
  if (type?.$case === 'unregistered') {
    if (Object.hasOwn(HttpMethod_Registered, type.value)) throw new Error(`${type.value} is registered`);
    return type.value;
  }
  const [name] = Object.entries(HttpMethod_Registered).find(([, value]) => value === type?.value) ?? [];
  if (name === undefined) throw new Error('no method');
  return name;
}

function toMs({ seconds, nanos }: Duration): number {
  return Number(seconds) * 1_000 + nanos / 1e6;
}

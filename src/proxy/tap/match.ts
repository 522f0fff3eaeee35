import {
  type HttpMethod,
  HttpMethod_Registered,
  type Scheme,
  Scheme_Registered,
} from '../../gen/io/linkerd/proxy/http_types/http_types.js';
import type { IPAddress } from '../../gen/io/linkerd/proxy/net/net.js';
import type {
  ObserveRequest_Match,
  ObserveRequest_Match_Http,
  ObserveRequest_Match_Http_StringMatch,
  ObserveRequest_Match_Label,
  ObserveRequest_Match_Tcp,
  ObserveRequest_Match_Tcp_Netmask,
  ObserveRequest_Match_Tcp_PortRange,
} from '../../gen/io/linkerd/proxy/tap/tap.js';
import type { RequestStart } from '../metrics/observer.js';
import { wireIp } from '../wire-ip.js';
import { asRead } from './field-text.js';

/** Whether a request is to be told of. Every request is asked for by every tap, so it must be cheap. */
export type Matches = (request: RequestStart) => boolean;

export type CompiledMatch =
  | { readonly ok: true; readonly matches: Matches }
  /** Which field, and what is wrong with it. */
  | { readonly ok: false; readonly problem: string };

/** A control plane's matches have a few levels and a dozen parts; more than this would only burden requests. */
const maxDepth = 32;
const maxParts = 256;

/** What a match comes to. It is read once; matching afterwards allocates nothing to speak of. */
export function compileMatch(match: ObserveRequest_Match | undefined): CompiledMatch {
  try {
    return { ok: true, matches: new Compiler().match(match, 'match', 1) };
  } catch (error) {
    if (error instanceof MatchProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

/** The path that matches and events go by: without the query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** Thrown and caught in this file: a problem ends the walk at any depth. */
class MatchProblem extends Error {}

function wrong(field: string, problem: string): never {
  throw new MatchProblem(`${field}: ${problem}`);
}

class Compiler {
  #parts = 0;

  match(message: ObserveRequest_Match | undefined, field: string, depth: number): Matches {
    this.#parts += 1;
    if (this.#parts > maxParts) throw new MatchProblem(`match: more than ${maxParts} parts`);
    if (depth > maxDepth) throw new MatchProblem(`match: deeper than ${maxDepth} levels`);
    const match = message?.match;
    switch (match?.$case) {
      case undefined:
        return wrong(field, 'missing');
      case 'all': {
        const of = this.#sequence(match.value.matches, `${field}.all`, depth);
        return (request) => of.every((matches) => matches(request));
      }
      case 'any': {
        const of = this.#sequence(match.value.matches, `${field}.any`, depth);
        return (request) => of.some((matches) => matches(request));
      }
      case 'not': {
        const matches = this.match(match.value, `${field}.not`, depth + 1);
        return (request) => !matches(request);
      }
      case 'source':
        return tcp(match.value, `${field}.source`, ({ client }) => client);
      case 'destination':
        return tcp(match.value, `${field}.destination`, ({ target }) => target);
      case 'http':
        return http(match.value, `${field}.http`);
      case 'destinationLabel':
        return label(match.value, `${field}.destination_label`, ({ target }) => target.labels);
      case 'routeLabel':
        return label(match.value, `${field}.route_label`, ({ routeLabels }) => routeLabels);
    }
  }

  #sequence(messages: readonly ObserveRequest_Match[], field: string, depth: number): readonly Matches[] {
    return messages.map((each, index) => this.match(each, `${field}.matches[${index}]`, depth + 1));
  }
}

type Address = (request: RequestStart) => { readonly ip: string; readonly port: number };

function tcp({ match }: ObserveRequest_Match_Tcp, field: string, address: Address): Matches {
  switch (match?.$case) {
    case undefined:
      return wrong(field, 'missing netmask or ports');
    case 'ports': {
      const { min, max } = ports(match.value, `${field}.ports`);
      return (request) => {
        const { port } = address(request);
        return port >= min && port <= max;
      };
    }
    case 'netmask': {
      const contains = netmask(match.value, `${field}.netmask`);
      return (request) => contains(wireIp(address(request).ip)?.ip);
    }
  }
}

function ports({ min, max }: ObserveRequest_Match_Tcp_PortRange, field: string) {
  const range = { min: min || max, max: max || min };
  if (range.min === 0) return wrong(field, 'missing min and max');
  if (range.max > 65_535 || range.min > range.max) return wrong(field, 'not a range of ports');
  return range;
}

type Ip = IPAddress['ip'];

function netmask(
  { ip: address, mask }: ObserveRequest_Match_Tcp_Netmask,
  field: string,
): (ip: Ip) => boolean {
  const ip = address?.ip;
  switch (ip?.$case) {
    case undefined:
      return wrong(`${field}.ip`, 'missing');
    case 'ipv4': {
      if (mask > 32) return wrong(`${field}.mask`, 'more than 32 bits');
      const bits = mask === 0 ? 0 : (-1 << (32 - mask)) >>> 0;
      const network = (ip.value & bits) >>> 0;
      return (other) => other?.$case === 'ipv4' && (other.value & bits) >>> 0 === network;
    }
    case 'ipv6': {
      if (mask > 128) return wrong(`${field}.mask`, 'more than 128 bits');
      const ignored = BigInt(128 - mask);
      const network = ipv6Number(ip.value) >> ignored;
      return (other) => other?.$case === 'ipv6' && ipv6Number(other.value) >> ignored === network;
    }
  }
}

function ipv6Number({ first, last }: { readonly first: bigint; readonly last: bigint }): bigint {
  return (first << 64n) | last;
}

function http({ match }: ObserveRequest_Match_Http, field: string): Matches {
  switch (match?.$case) {
    case undefined:
      return wrong(field, 'missing scheme, method, authority or path');
    case 'scheme': {
      const scheme = schemeName(match.value, `${field}.scheme`);
      return ({ head }) => head.scheme.toLowerCase() === scheme;
    }
    case 'method': {
      const method = methodName(match.value, `${field}.method`);
      return ({ head }) => head.method === method;
    }
    case 'authority': {
      const matches = text(match.value, `${field}.authority`);
      return ({ head }) => matches(head.authority);
    }
    case 'path': {
      const matches = text(match.value, `${field}.path`);
      return ({ head }) => matches(pathOf(head.path));
    }
  }
}

const methodNames = namesByNumber(HttpMethod_Registered);

function methodName({ type }: HttpMethod, field: string): string {
  const name = type?.$case === 'registered' ? methodNames.get(type.value) : type?.value;
  // RFC 9110, section 9.1: a token.
  if (name === undefined || !/^[-!#$%&'*+.^_`|~0-9a-z]+$/i.test(name))
    return wrong(field, 'not an HTTP method');
  return name;
}

const schemeNames = namesByNumber(Scheme_Registered);

/** In lower case, as schemes are compared without regard to it (RFC 3986, section 3.1). */
function schemeName({ type }: Scheme, field: string): string {
  const name = type?.$case === 'registered' ? schemeNames.get(type.value) : type?.value;
  if (name === undefined || !/^[a-z][-+.a-z0-9]*$/i.test(name)) return wrong(field, 'not a URI scheme');
  return name.toLowerCase();
}

function namesByNumber(registered: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  const known = Object.entries(registered).filter(([, number]) => number >= 0);
  return new Map(known.map(([name, number]) => [number, name]));
}

function text({ match }: ObserveRequest_Match_Http_StringMatch, field: string): (text: string) => boolean {
  if (match === undefined) return wrong(field, 'missing exact or prefix');
  const wanted = asRead(match.value);
  return match.$case === 'exact' ? (text) => text === wanted : (text) => text.startsWith(wanted);
}

type Labels = (request: RequestStart) => ReadonlyMap<string, string>;

function label({ key, value }: ObserveRequest_Match_Label, field: string, labels: Labels): Matches {
  if (key === '') return wrong(`${field}.key`, 'missing');
  return (request) => labels(request).get(key) === value;
}

import type { PodSelection } from '../core/resource.js';
import type { ResourceSelection as ResourceSelectionMessage } from '../gen/conduit/api/v1/resource.js';
import type { StatusRange, TapByResourceRequest } from '../gen/conduit/tap/v1/tap.js';
import { decodeDurationMs } from '../wire/duration.js';
import { readResourceSelection } from '../wire/resource.js';
import type { RequestFilter } from './request-filter.js';
import type { HttpMatch, TapEdge, TapQuery } from './tap-query.js';

export type ParsedTapQuery =
  | { readonly ok: true; readonly value: TapQuery }
  /** The field, its value, and what was expected. */
  | { readonly ok: false; readonly problem: string };

const defaultMaxRps = 100;

/** Beyond this nobody can look, and a control plane has others to serve. */
const greatestMaxRps = 100_000;

/** The longest that a client could have asked a proxy for anyhow. */
const maxTextLength = 8_192;
const maxStatuses = 32;
const maxHeaders = 32;

/** RFC 9110, section 5.6.2. */
const token = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

/** Thrown and caught in this file: the first problem ends it. */
class QueryProblem extends Error {}

/** Reads what a viewer asks for; the first thing that no cluster could answer is the problem. */
export function parseTapQuery(request: TapByResourceRequest): ParsedTapQuery {
  try {
    return { ok: true, value: toQuery(request) };
  } catch (error) {
    if (error instanceof QueryProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

function toQuery(request: TapByResourceRequest): TapQuery {
  if (request.target === undefined) wrong('target', 'absent', 'whose requests to show');
  const target = toTarget(request.target, 'target');
  if (target.kind === 'Authority')
    wrong('target.kind', 'an authority', 'a workload, pod, namespace or service');
  const edge = toEdge(request);
  if (edge.kind === 'from' && target.labels.length > 0) {
    wrong(
      'target.label_selector',
      'given',
      'none together with from: proxies know who they ask by name only',
    );
  }
  return {
    target,
    edge,
    match: toMatch(request),
    filter: toFilter(request, edge),
    maxRps: toMaxRps(request.maxRps),
    withHeaders: request.extractHeaders,
  };
}

function toEdge({ edge }: TapByResourceRequest): TapEdge {
  switch (edge?.$case) {
    case undefined:
      return { kind: 'none' };
    case 'to': {
      const { labels, ...other } = toTarget(edge.value, 'to');
      if (labels.length > 0) {
        wrong('to.label_selector', 'given', 'none: proxies know who they ask by name only');
      }
      return { kind: 'to', other };
    }
    case 'from': {
      const other = toTarget(edge.value, 'from');
      if (other.kind === 'Authority' || other.kind === 'Service') {
        wrong('from.kind', other.kind, 'a workload, pod or namespace, which can ask for something');
      }
      return { kind: 'from', other };
    }
  }
}

function toTarget(message: ResourceSelectionMessage, field: string): PodSelection {
  const parsed = readResourceSelection(message, field);
  if (!parsed.ok) throw new QueryProblem(parsed.problem);
  return parsed.value;
}

function toMatch({ method, scheme, authority, pathPrefix }: TapByResourceRequest): HttpMatch {
  if (method !== '' && (method.length > 64 || !token.test(method))) {
    wrong('method', shown(method), 'an HTTP method such as GET');
  }
  if (scheme !== '' && !/^[a-z][-+.a-z0-9]{0,31}$/i.test(scheme)) {
    wrong('scheme', shown(scheme), 'http or https');
  }
  for (const [field, text] of [
    ['authority', authority],
    ['path_prefix', pathPrefix],
  ] as const) {
    if (text.length > maxTextLength) {
      wrong(field, `${text.length} characters`, `at most ${maxTextLength}`);
    }
  }
  return { method: method.toUpperCase(), scheme: scheme.toLowerCase(), authority, pathPrefix };
}

function toFilter(request: TapByResourceRequest, edge: TapEdge): RequestFilter {
  const { statuses, headers, minLatency } = request;
  if (statuses.length > maxStatuses) wrong('statuses', `${statuses.length} ranges`, `at most ${maxStatuses}`);
  if (headers.length > maxHeaders) wrong('headers', `${headers.length} names`, `at most ${maxHeaders}`);
  const minLatencyMs = minLatency === undefined ? 0 : decodeDurationMs(minLatency);
  if (minLatencyMs < 0) wrong('min_latency', `${minLatencyMs} ms`, 'a time that is not negative');
  return {
    outboundOnly: edge.kind !== 'none',
    statuses: statuses.map(toStatusRange),
    minLatencyMs,
    headers: headers.map((name, index) => {
      if (name.length > 256 || !token.test(name)) {
        wrong(`headers[${index}]`, shown(name), 'the name of a header');
      }
      return name.toLowerCase();
    }),
  };
}

function toStatusRange({ min, max }: StatusRange, index: number): StatusRange {
  if (min < 100 || max > 999 || min > max) {
    wrong(`statuses[${index}]`, `${min} to ${max}`, 'HTTP statuses from 100 to 999, the lower one first');
  }
  return { min, max };
}

function toMaxRps(maxRps: number): number {
  if (maxRps === 0) return defaultMaxRps;
  if (!(maxRps > 0)) wrong('max_rps', `${maxRps}`, 'a number above 0, or 0 for 100');
  return Math.min(maxRps, greatestMaxRps);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function wrong(field: string, value: string, expected: string): never {
  throw new QueryProblem(`${field}: ${value}; expected ${expected}`);
}

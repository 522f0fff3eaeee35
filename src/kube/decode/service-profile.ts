import { serviceProfileId } from '../../core/ids.js';
import type { ResponseClass, RetryBudget, Route } from '../../core/routes.js';
import { defaultRetryBudget } from '../../core/routes.js';
import type { ServiceProfileRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { decodeOverride } from './destination-override.js';
import { parseGoDuration } from './go-duration.js';
import { Interner } from './interner.js';
import type { JsonNode, Problem } from './json-node.js';
import { decodeRequestMatch, decodeResponseMatch } from './route-match.js';

/**
 * linkerd.io/v1alpha2 ServiceProfile. Each part stands by itself: what is wrong with one leaves the others as they are, and
 * is told both in a warning and in the row. `spec.opaquePorts` doesn't count, whatever it is: annotations say that.
 */
export function serviceProfileDecoder(): Decoder<ServiceProfileRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const spec = raw.get('spec').apart();
    const warnings: Problem[] = [];
    const routes = partsOf(spec.get('routes'), decodeRoute, warnings);
    const retryBudget = decodeRetryBudget(spec.get('retryBudget'));
    const overrides = partsOf(spec.get('dstOverrides'), decodeOverride, warnings);
    spec.tellProblems(warnings);
    const row: ServiceProfileRow = {
      id: serviceProfileId(namespace, name),
      namespace,
      name,
      routes,
      retryBudget,
      overrides,
      problems: problemLines(warnings),
    };
    return decoded(raw, row, warnings);
  };
}

/** The elements of a list that can be read. */
function partsOf<Part>(
  list: JsonNode,
  decode: (node: JsonNode, warnings: Problem[]) => Part | undefined,
  warnings: Problem[],
): readonly Part[] {
  const parts: Part[] = [];
  for (const each of list.items()) {
    const node = each.apart();
    const part = decode(node, warnings);
    node.tellProblems(warnings);
    if (part !== undefined) parts.push(part);
  }
  return parts;
}

function decodeRoute(node: JsonNode, warnings: Problem[]): Route | undefined {
  const condition = decodeRequestMatch(node.get('condition'));
  if (condition === undefined) return undefined;
  return {
    name: node.get('name').string() ?? '',
    condition,
    responseClasses: partsOf(node.get('responseClasses'), decodeResponseClass, warnings),
    isRetryable: node.get('isRetryable').boolean() ?? false,
    timeoutMs: decodeTimeout(node.get('timeout')),
  };
}

function decodeResponseClass(node: JsonNode): ResponseClass | undefined {
  const condition = decodeResponseMatch(node.get('condition'));
  const isFailure = node.get('isFailure').boolean() ?? false;
  return condition === undefined || node.problems.length > 0 ? undefined : { condition, isFailure };
}

/** None, an empty one and one of no length are no timeout. */
function decodeTimeout(node: JsonNode): number | undefined {
  const text = node.string();
  if (text === undefined || text === '') return undefined;
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) node.note('a duration such as 300ms');
  return ms !== undefined && ms > 0 ? ms : undefined;
}

/** Outside of these limits proxies ignore the whole budget, so each field has its default there. */
function decodeRetryBudget(node: JsonNode): RetryBudget | undefined {
  if (!node.exists) return undefined;
  const problemsBefore = node.problems.length;
  const [ratio, retries, ttl] = [node.get('retryRatio'), node.get('minRetriesPerSecond'), node.get('ttl')];
  if (node.problems.length > problemsBefore) return undefined;
  return {
    retryRatio: numberWithin(ratio, 1_000, 'a number from 0 to 1000') ?? defaultRetryBudget.retryRatio,
    minRetriesPerSecond:
      numberWithin(retries, 2 ** 31 - 1, 'a whole number from 0 to 2147483647', Number.isInteger) ??
      defaultRetryBudget.minRetriesPerSecond,
    ttlMs: decodeTtl(ttl) ?? defaultRetryBudget.ttlMs,
  };
}

function numberWithin(
  node: JsonNode,
  max: number,
  expected: string,
  suits: (value: number) => boolean = () => true,
): number | undefined {
  const { value } = node;
  if (!node.exists) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= max && suits(value)) return value;
  node.note(expected);
  return undefined;
}

function decodeTtl(node: JsonNode): number | undefined {
  const text = node.string();
  const ms = text === undefined ? undefined : parseGoDuration(text);
  if (ms !== undefined && ms >= 1_000 && ms <= 60_000) return ms;
  if (text !== undefined) node.note('a duration from 1s to 60s');
  return undefined;
}

/** A profile can hold more mistakes than anybody reads, or should be kept in memory. */
const maxProblemLines = 100;

function problemLines(problems: readonly Problem[]): readonly string[] {
  const lines = problems
    .slice(0, maxProblemLines)
    .map(({ field, value, expected }) => `${field}: ${value}, expected ${expected}`);
  const more = problems.length - lines.length;
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

import type { ServiceProfile } from './objects.js';
import { readDurationMs, readQuantity } from './text.js';

/** What a ServiceProfile says. An invalid part is left out and leaves the rest as it is. */
export interface ReadProfile {
  readonly routes: readonly Route[];
  readonly budget: Budget;
  readonly overrides: readonly Override[];
}

export interface Route {
  readonly name: string;
  readonly condition: Condition;
  readonly classes: readonly { readonly condition: Condition; readonly isFailure: boolean }[];
  readonly isRetryable: boolean;
  readonly timeoutMs: number | undefined;
}

/** A condition on requests or responses, as a tree with one field in each object. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly method: string }
  | { readonly path: string }
  | { readonly status: readonly [min: number, max: number] };

export interface Budget {
  readonly ratio: number;
  readonly minPerSecond: number;
  readonly ttlMs: number;
}

export interface Override {
  readonly authority: string;
  readonly weight: number;
}

/** What holds where nothing else is said. */
export const defaultBudget: Budget = { ratio: 0.2, minPerSecond: 10, ttlMs: 10_000 };

type Fields = Readonly<Record<string, unknown>>;

export function readServiceProfile({ spec }: ServiceProfile, port: number): ReadProfile {
  return {
    routes: (spec.routes ?? []).flatMap((route) => readRoute(route as Fields) ?? []),
    budget: readBudget(spec.retryBudget),
    overrides: (spec.dstOverrides ?? []).flatMap((override) => readOverride(override as Fields, port) ?? []),
  };
}

function readRoute(route: Fields): Route | undefined {
  const condition = readCondition(route['condition'], readRequestLeaf, [
    'all',
    'any',
    'method',
    'not',
    'pathRegex',
  ]);
  if (condition === undefined) return undefined;
  const classes = (route['responseClasses'] ?? []) as readonly Fields[];
  const timeoutMs = readDurationMs(route['timeout']);
  return {
    name: route['name'] as string,
    condition,
    classes: classes.flatMap((each) => {
      const matches = readCondition(each['condition'], readResponseLeaf, ['all', 'any', 'status', 'not']);
      return matches === undefined ? [] : [{ condition: matches, isFailure: each['isFailure'] === true }];
    }),
    isRetryable: route['isRetryable'] === true,
    timeoutMs: timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined,
  };
}

/** Nothing is said by the field, or the whole condition is invalid. */
type Leaf = Condition | 'nothing' | 'invalid';

/** The fields of a condition all have to hold, in this order. One that is invalid, anywhere in it, makes it useless. */
function readCondition(
  value: unknown,
  leaf: (name: string, value: unknown) => Leaf,
  names: readonly string[],
): Condition | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const parts: Condition[] = [];
  for (const name of names) {
    const field = (value as Fields)[name];
    if (field === undefined || field === null) continue;
    if (name === 'not') {
      const inner = readCondition(field, leaf, names);
      if (inner === undefined) return undefined;
      parts.push({ not: inner });
    } else if (name === 'all' || name === 'any') {
      const inner = (field as readonly unknown[]).map((each) => readCondition(each, leaf, names));
      const valid = inner.flatMap((each) => each ?? []);
      if (valid.length < inner.length) return undefined;
      parts.push(name === 'all' ? { all: valid } : { any: valid });
    } else {
      const part = leaf(name, field);
      if (part === 'invalid') return undefined;
      if (part !== 'nothing') parts.push(part);
    }
  }
  return parts.length > 1 ? { all: parts } : parts[0];
}

function readRequestLeaf(name: string, value: unknown): Leaf {
  if (value === '') return 'nothing';
  if (typeof value !== 'string') return 'invalid';
  if (name === 'pathRegex') return { path: value };
  return /^[-A-Za-z]+$/.test(value) ? { method: value.toUpperCase() } : 'invalid';
}

/** A range of status codes, which a missing bound leaves open to that side. */
function readResponseLeaf(_name: string, value: unknown): Leaf {
  const { min, max } = value as { readonly min?: unknown; readonly max?: unknown };
  const isCode = (code: unknown): boolean =>
    !code || (typeof code === 'number' && Number.isInteger(code) && code >= 100 && code <= 599);
  if ((!min && !max) || !isCode(min) || !isCode(max)) return 'invalid';
  const range: readonly [number, number] = [(min as number) || 100, (max as number) || 599];
  return range[0] <= range[1] ? { status: range } : 'invalid';
}

/** Each field within what proxies read; a proxy that can't read one ignores them all. */
function readBudget(value: unknown): Budget {
  if (typeof value !== 'object' || value === null) return defaultBudget;
  const { retryRatio, minRetriesPerSecond, ttl } = value as Fields;
  const ttlMs = readDurationMs(ttl);
  const isWithin = (number: unknown, max: number): number is number =>
    typeof number === 'number' && number >= 0 && number <= max;
  return {
    ratio: isWithin(retryRatio, 1_000) ? retryRatio : defaultBudget.ratio,
    minPerSecond:
      isWithin(minRetriesPerSecond, 2 ** 31 - 1) && Number.isInteger(minRetriesPerSecond)
        ? minRetriesPerSecond
        : defaultBudget.minPerSecond,
    ttlMs: ttlMs !== undefined && ttlMs >= 1_000 && ttlMs <= 60_000 ? ttlMs : defaultBudget.ttlMs,
  };
}

/** A share of nothing is no override. Without a port it is for the port that was asked for. */
function readOverride({ authority, weight }: Fields, port: number): Override | undefined {
  const share = readQuantity(weight);
  if (typeof authority !== 'string' || share === undefined || share <= 0) return undefined;
  const [host = '', portText = `${port}`, ...more] = authority.split(':');
  const isName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(host) && !/^[\d.]+$/.test(host);
  const isPort = /^\d+$/.test(portText) && Number(portText) >= 1 && Number(portText) <= 65_535;
  if (!isName || !isPort || more.length > 0) return undefined;
  return { authority: `${host}:${portText}`, weight: Math.min(Math.round(share * 10_000), 2 ** 32 - 1) };
}

import type { ToldProfile } from '../client/told-profile.js';
import type { ToldRoute } from '../client/told-route.js';
import type {
  DestinationOverride,
  RequestMatch,
  ResponseClass,
  ResponseMatch,
  RetryBudget,
} from '../core/routes.js';
import { endpointsTable } from './endpoints-text.js';
import { formatFacts } from './facts.js';
import { printable } from './printable.js';
import { formatTable } from './table.js';

/** A profile as a section: what it is about, then its routes or its endpoint as a table. */
export function profileText(authority: string, profile: ToldProfile): string {
  const { fullyQualifiedName, endpoint, routes, parent, source, retryBudget, overrides, isOpaque } = profile;
  const title = `${printable(authority)}\n`;
  if (endpoint !== undefined) {
    const table = endpointsTable(authority, { exists: true, endpoints: [endpoint] });
    return `${title}${formatFacts([['Opaque', yesOrNo(isOpaque)]])}\n${table}`;
  }
  if (fullyQualifiedName === undefined) {
    return `${title}An empty profile: no such service at present, or it does not have the port.\n`;
  }
  const facts = formatFacts([
    ['Name', fullyQualifiedName],
    [parent?.kind ?? 'Parent', parent && `${parent.namespace}/${parent.name}, port ${parent.port}`],
    ['ServiceProfile', source === undefined ? 'none' : `${source.namespace}/${source.name}`],
    ['Opaque', yesOrNo(isOpaque)],
    ['Retry budget', retryBudget && budgetText(retryBudget)],
    ['Overrides', overrides.length === 0 ? 'none' : overridesText(overrides)],
    ['Routes', routes.length === 0 ? 'none' : undefined],
  ]);
  return `${title}${facts}${routes.length === 0 ? '' : `\n${formatTable(columns, routes)}`}`;
}

const columns = [
  { heading: 'ROUTE', cell: ({ labels }: ToldRoute) => labels.get('route') },
  { heading: 'REQUESTS', cell: ({ condition }: ToldRoute) => requestText(condition) },
  { heading: 'RETRIED', cell: ({ isRetryable }: ToldRoute) => yesOrNo(isRetryable) },
  {
    heading: 'TIMEOUT',
    cell: ({ timeoutMs }: ToldRoute) => (timeoutMs === undefined ? undefined : durationText(timeoutMs)),
  },
  { heading: 'RESPONSES', cell: ({ responseClasses }: ToldRoute) => classesText(responseClasses) },
];

/** `GET and path /users/.*`. */
export function requestText(match: RequestMatch): string {
  switch (match.kind) {
    case 'all':
      return seqText(match.matches.map(nestedRequestText), ' and ', 'any');
    case 'any':
      return seqText(match.matches.map(nestedRequestText), ' or ', 'none');
    case 'not':
      return `not ${nestedRequestText(match.match)}`;
    case 'path':
      return `path ${match.regex}`;
    case 'method':
      return match.method;
  }
}

function nestedRequestText(match: RequestMatch): string {
  const text = requestText(match);
  return isCompound(match) ? `(${text})` : text;
}

/** `500-599 or 429`. */
function responseText(match: ResponseMatch): string {
  switch (match.kind) {
    case 'all':
      return seqText(match.matches.map(nestedResponseText), ' and ', 'any');
    case 'any':
      return seqText(match.matches.map(nestedResponseText), ' or ', 'none');
    case 'not':
      return `not ${nestedResponseText(match.match)}`;
    case 'status':
      return match.min === match.max ? `${match.min}` : `${match.min}-${match.max}`;
  }
}

function nestedResponseText(match: ResponseMatch): string {
  const text = responseText(match);
  return isCompound(match) ? `(${text})` : text;
}

function isCompound(match: RequestMatch | ResponseMatch): boolean {
  return (match.kind === 'all' || match.kind === 'any') && match.matches.length > 1;
}

function seqText(parts: readonly string[], conjunction: string, empty: string): string {
  return parts.length === 0 ? empty : parts.join(conjunction);
}

/** `500-599: failure, 404: success`. */
function classesText(classes: readonly ResponseClass[]): string | undefined {
  if (classes.length === 0) return undefined;
  return classes
    .map(({ condition, isFailure }) => `${responseText(condition)}: ${isFailure ? 'failure' : 'success'}`)
    .join(', ');
}

function overridesText(overrides: readonly DestinationOverride[]): string {
  return overrides.map(({ authority, weight }) => `${authority} (weight ${weight})`).join(', ');
}

function budgetText({ retryRatio, minRetriesPerSecond, ttlMs }: RetryBudget): string {
  return `${retryRatio} retries per request and ${minRetriesPerSecond} per second, over ${durationText(ttlMs)}`;
}

/** `300ms`, `1.5s`. */
function durationText(ms: number): string {
  return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

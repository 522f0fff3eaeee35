import type { StatusRange } from '../config/tap-flags.js';
import type { Duration } from '../config/parsers.js';
import type { TapByResourceRequest } from '../gen/conduit/tap/v1/tap.js';
import { toDuration } from '../wire/duration.js';
import { readSelections, type ResourceConfig } from './resource-arguments.js';

/** The flags that say which requests are meant. */
export interface RequestConfig extends ResourceConfig {
  readonly maxRps: number;
  readonly method: string | undefined;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string | undefined;
  readonly status: readonly StatusRange[];
  readonly minLatency: Duration;
  readonly header: readonly string[];
}

export type ReadTapRequest =
  | { readonly ok: true; readonly value: TapByResourceRequest }
  | { readonly ok: false; readonly problem: string };

/** What flags and arguments ask to see. */
export function readTapRequest(
  args: readonly string[],
  config: RequestConfig,
  extractHeaders: boolean,
): ReadTapRequest {
  const selected = readSelections(args, config);
  if (!selected.ok) return selected;
  const { selections, edge } = selected.value;
  const [target, ...others] = selections;
  if (others.length > 0)
    return { ok: false, problem: `${args.join(' ')}: one resource, or all of one type, can be watched` };
  const { maxRps, method = '', scheme = '', authority = '', path = '', status, minLatency, header } = config;
  return {
    ok: true,
    value: {
      target,
      edge: edge && { ...edge },
      method,
      scheme,
      authority,
      pathPrefix: path,
      statuses: status.map((range) => ({ ...range })),
      minLatency: minLatency.ms === 0 ? undefined : toDuration(minLatency.ms),
      headers: [...header],
      maxRps,
      extractHeaders,
    },
  };
}

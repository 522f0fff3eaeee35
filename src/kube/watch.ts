import type { ApiClient } from './api-client.js';
import { ApiError, refusal } from './api-error.js';
import { LineSplitter } from './line-splitter.js';
import { acceptHeaders, type Collection } from './resource.js';
import { TurnBudget } from './turn-budget.js';

/** A change of one object, or, as a bookmark, the news that there was none up to the version the object carries. */
export interface WatchEvent {
  readonly kind: 'added' | 'modified' | 'deleted' | 'bookmark';
  readonly object: unknown;
}

export interface WatchOptions {
  readonly client: ApiClient;
  readonly collection: Collection;
  /** The state to continue from. */
  readonly resourceVersion: string;
  /** After how long the server should end the watch. */
  readonly timeoutSeconds: number;
  readonly idleMs: number;
  readonly maxObjectBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a watch; resolves when the server has granted it. What it yields are the events that have arrived together,
 * in order. It returns when the server ends the watch, and throws an `ApiError` when the watch breaks, when an ERROR
 * event ends it, or when what arrives isn't an event: something may have been lost then, and all that was yielded
 * before is good.
 *
 * See https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
 */
export async function openWatch(options: WatchOptions): Promise<AsyncIterable<readonly WatchEvent[]>> {
  const { client, collection, signal, idleMs } = options;
  const body = await client.open({
    path: collection.path,
    query: {
      ...collection.query,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    },
    accept: acceptHeaders(collection).watch,
    signal,
    idleMs,
  });
  return events(body, options.maxObjectBytes);
}

async function* events(
  body: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<readonly WatchEvent[]> {
  const splitter = new LineSplitter({ maxLineBytes });
  const budget = new TurnBudget();
  for await (const chunk of body) {
    budget.start();
    const lines = splitter.push(chunk);
    if (lines === undefined) throw malformed(`a line of the watch exceeds ${maxLineBytes} bytes`);
    // What the events are used for, before the next ones are asked for, counts as well.
    yield* parseLines(lines);
    await budget.stop();
  }
  const rest = splitter.end();
  if (rest !== '') yield* parseLines([rest]);
}

function* parseLines(lines: readonly string[]): Generator<readonly WatchEvent[]> {
  const batch: WatchEvent[] = [];
  for (const line of lines) {
    const event = parseLine(line);
    if (event instanceof ApiError) {
      yield batch;
      throw event;
    }
    batch.push(event);
  }
  yield batch;
}

function parseLine(line: string): WatchEvent | ApiError {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return malformed('a line of the watch is not JSON', error);
  }
  if (typeof value === 'object' && value !== null && 'type' in value && 'object' in value) {
    const { type, object } = value;
    switch (type) {
      case 'ADDED':
        return { kind: 'added', object };
      case 'MODIFIED':
        return { kind: 'modified', object };
      case 'DELETED':
        return { kind: 'deleted', object };
      case 'BOOKMARK':
        return { kind: 'bookmark', object };
      case 'ERROR':
        return refusal(object, 500);
      default:
    }
  }
  return malformed('a line of the watch is not an event');
}

function malformed(message: string, cause?: unknown): ApiError {
  return new ApiError({ kind: 'malformed' }, message, { cause });
}

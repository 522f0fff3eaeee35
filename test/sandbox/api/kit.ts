import { type IncomingMessage, request as httpRequest } from 'node:http';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../../src/sandbox/api/server.js';
import type { Store } from '../../../src/sandbox/store/store.js';
import { until } from '../../kit/until.js';
import { testStore } from '../store/kit.js';

export interface Answer {
  readonly code: number;
  readonly headers: Headers;
  // Answers are JSON whose shape each test knows.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface TestApi {
  readonly api: ApiServer;
  readonly store: Store;
  /** Sends a request; a body that is no string goes as JSON. */
  readonly send: (
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<Answer>;
  readonly get: (path: string, accept?: string) => Promise<Answer>;
  readonly patch: (path: string, mediaType: string, body: unknown) => Promise<Answer>;
  readonly watch: (path: string, accept?: string) => Promise<TestWatch>;
}

/** An API server over a store with namespace `web`, closed when the test ends. */
export async function testApi(
  options: Partial<ApiServerOptions> & { readonly store?: Store } = {},
): Promise<TestApi> {
  const store = options.store ?? testStore();
  const api = await createApiServer({ log: pino({ level: 'silent' }), ...options, store });
  onTestFinished(() => api.close());
  const send: TestApi['send'] = async (method, path, { body, headers = {} } = {}) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { code: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    api,
    store,
    send,
    get: (path, accept) => send('GET', path, accept === undefined ? {} : { headers: { accept } }),
    patch: (path, mediaType, body) => send('PATCH', path, { body, headers: { 'content-type': mediaType } }),
    watch: (path, accept) => openWatch(api, path, accept),
  };
}

/** The client's side of a watch. */
export interface TestWatch {
  readonly code: number;
  /** The lines that came so far, and the beginning of one that is not yet complete. */
  readonly lines: readonly string[];
  readonly rest: () => string;
  /** How it ended, if it did. */
  readonly end: () => 'end' | 'error' | undefined;
  /** Each event as `TYPE name@version`. */
  events(): readonly string[];
  /** Waits until that many events came. */
  count(events: number): Promise<readonly string[]>;
  ended(): Promise<'end' | 'error'>;
  pause(): void;
  close(): void;
}

async function openWatch(api: ApiServer, path: string, accept = 'application/json'): Promise<TestWatch> {
  const client = httpRequest(`${api.url}${path}`, { headers: { accept }, agent: false });
  let ended: 'end' | 'error' | undefined;
  client.on('error', () => {
    ended = 'error';
  });
  client.end();
  onTestFinished(() => {
    client.destroy();
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    client.once('response', resolve);
    client.once('error', reject);
  });
  const lines: string[] = [];
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  response.on('end', () => {
    ended ??= 'end';
  });
  response.on('error', () => {
    ended = 'error';
  });
  const events = (): readonly string[] => lines.map(eventText);
  return {
    code: response.statusCode ?? 0,
    lines,
    rest: () => rest,
    end: () => ended,
    events,
    count: async (count) => {
      await until(() => lines.length >= count, { what: `${count} events, not ${lines.length},` });
      return events();
    },
    ended: () => until(() => ended, { what: 'end of the watch' }),
    pause: () => response.pause(),
    close: () => client.destroy(),
  };
}

function eventText(line: string): string {
  const { type, object } = JSON.parse(line);
  if (type === 'ERROR') return `ERROR ${object.code} ${object.reason}`;
  const { name, resourceVersion } = object.rows?.[0]?.object?.metadata ?? object.metadata;
  return name === undefined ? `${type} @${resourceVersion}` : `${type} ${name}@${resourceVersion}`;
}

/** A path in namespace `web`. */
export function webPath(plural: string, group = ''): string {
  return group === '' ? `/api/v1/namespaces/web/${plural}` : `/apis/${group}/namespaces/web/${plural}`;
}

export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
export const metadataAccept =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

import type { PromQl } from './promql.js';

/** One element of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type QueryAnswer =
  | {
      readonly ok: true;
      /** Without those that have no number: NaN and the infinities. */
      readonly samples: readonly Sample[];
      /** Why the answer may not be the whole of it, in the server's words. */
      readonly warnings: readonly string[];
    }
  /** One sentence: whom we asked, and its own words where it has any. */
  | { readonly ok: false; readonly problem: string };

/** What answers may take, all of one question together. */
export interface Allowance {
  /** Ends when there is no time left; its reason is a `TimeoutError` then. */
  readonly signal: AbortSignal;
  bytesLeft: number;
}

/** Asks a server that has Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). */
export interface PrometheusClient {
  /** Never rejects but for a bug. */
  query(expression: PromQl, allowance: Allowance): Promise<QueryAnswer>;
}

export interface PrometheusClientOptions {
  /** With the path that it is served under, if any, and with the user and the password to give, if any. */
  readonly url: string;
  /** How long the server is told it may take. */
  readonly timeoutMs: number;
}

/** The server's own words are for people; longer ones are cut. */
const maxWordsLength = 500;

export function createPrometheusClient({ url, timeoutMs }: PrometheusClientOptions): PrometheusClient {
  const { origin, host, pathname, username, password } = new URL(url);
  const endpoint = `${origin}${pathname.replace(/\/+$/, '')}/api/v1/query`;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const failed = (words: string): QueryAnswer => ({
    ok: false,
    problem: `Prometheus at ${host}: ${printable(words)}`,
  });

  return {
    async query(expression, allowance) {
      try {
        const response = await fetch(endpoint, {
          method: 'POST',
          body: new URLSearchParams({ query: expression, timeout: `${timeoutMs}ms` }),
          headers,
          // Credentials are for whom the user named, and for nobody that it names.
          redirect: 'manual',
          signal: allowance.signal,
        });
        const body = await read(response, allowance);
        if (body === undefined) return failed('the answer is too large; ask for less at once');
        return parse(body, response.status, failed);
      } catch (error) {
        return failed(wordsOf(error, timeoutMs));
      }
    },
  };
}

/** Undefined where it is more than is allowed. */
async function read(response: Response, allowance: Allowance): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    allowance.bytesLeft -= chunk.byteLength;
    if (allowance.bytesLeft < 0) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(body: string, status: number, failed: (words: string) => QueryAnswer): QueryAnswer {
  const answer = field(parseJson(body), undefined);
  if (answer?.['status'] === 'error')
    return failed(`${String(answer['errorType'])}: ${String(answer['error'])}`);
  if (status !== 200) return failed(`HTTP ${status}`);
  const data = field(answer, 'data');
  const result = data?.['result'];
  if (answer?.['status'] !== 'success' || data?.['resultType'] !== 'vector' || !Array.isArray(result)) {
    return failed("what answers there isn't Prometheus's API");
  }
  const samples: Sample[] = [];
  for (const element of result) {
    const sample = toSample(field(element, undefined));
    if (sample === undefined) return failed("what answers there isn't Prometheus's API");
    if (Number.isFinite(sample.value)) samples.push(sample);
  }
  const warnings = answer['warnings'];
  return { ok: true, samples, warnings: Array.isArray(warnings) ? warnings.map(String).map(printable) : [] };
}

function toSample(element: Readonly<Record<string, unknown>> | undefined): Sample | undefined {
  const metric = field(element, 'metric');
  const value = element?.['value'];
  if (metric === undefined || !Array.isArray(value) || typeof value[1] !== 'string') return undefined;
  const labels = Object.fromEntries(
    Object.entries(metric).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  // Not a number is what `NaN`, `+Inf` and `-Inf` come to.
  return { labels, value: Number(value[1]) };
}

/** A field that is an object, or the value itself where none is named; undefined where it is no object. */
function field(value: unknown, name: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const record = Object.fromEntries(Object.entries(value));
  return name === undefined ? record : field(record[name], undefined);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: "the host's name can't be looked up now",
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to the network',
  UND_ERR_SOCKET: 'the connection ended too early',
};

function wordsOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  // Its code is absent with some versions of Node.
  if (cause.name === 'HTTPParserError') return "what answers there doesn't speak HTTP";
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return codes[code] ?? (cause.message === '' ? code || error.message : cause.message);
}

function printable(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > maxWordsLength ? `${line.slice(0, maxWordsLength)}…` : line;
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PodSelection } from '../../src/core/resource.js';
import { createPrometheusSource, type PrometheusSourceOptions } from '../../src/stats/prometheus-source.js';
import type { StatEdge } from '../../src/stats/stat-query.js';
import { controllerRow, podRow } from '../kit/rows.js';
import { question, selection, shop } from './shop.js';

type Respond = (query: string, response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers as the test says, and a source that asks it. */
async function asking(respond: Respond, options: Partial<PrometheusSourceOptions> = {}) {
  const queries: string[] = [];
  const requests: IncomingMessage[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const server = createServer((request, response) => {
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    response.on('close', () => (underWay -= 1));
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const query = new URLSearchParams(body).get('query') ?? '';
      requests.push(request);
      queries.push(query);
      respond(query, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { mesh } = shop(() => Date.now());
  const source = createPrometheusSource({ url: `http://${host}`, mesh, ...options });
  return { source, host, queries, requests, mesh, mostUnderWay: () => mostUnderWay, server };
}

function vector(...samples: readonly (readonly [Record<string, string>, string])[]): string {
  const result = samples.map(([metric, value]) => ({ metric, value: [1_700_000_000.5, value] }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

const nothing: Respond = (_query, response) => response.end(vector());

async function queriesOf(selections: PodSelection, edge?: StatEdge): Promise<readonly string[]> {
  const { source, queries } = await asking(nothing);
  await source.traffic(question(selections, edge));
  return queries.toSorted();
}

describe('what is asked', () => {
  test('of a deployment: what its pods were asked, as they saw it', async () => {
    const all = 'direction="inbound",deployment="api",namespace="shop"';
    const rows = 'namespace,deployment';
    const buckets = `sum by (${rows},le) (increase(response_latency_ms_bucket{${all}}[60000ms]))`;
    expect(await queriesOf(selection('Deployment', 'api'))).toEqual([
      `histogram_quantile(0.5,${buckets})`,
      `histogram_quantile(0.95,${buckets})`,
      `histogram_quantile(0.99,${buckets})`,
      'max(count_over_time(conduit_telemetry_series{}[60000ms]))',
      `sum by (${rows}) (increase(tcp_open_total{${all},peer="src"}[60000ms]))`,
      `sum by (${rows}) (increase(tcp_read_bytes_total{${all},peer="src"}[60000ms]))`,
      `sum by (${rows}) (increase(tcp_write_bytes_total{${all},peer="src"}[60000ms]))`,
      `sum by (${rows}) (tcp_open_connections{${all},peer="src"})`,
      `sum by (${rows},classification,tls) (increase(response_total{${all}}[60000ms]))`,
    ]);
  });

  const fromWeb: StatEdge = { kind: 'from', other: selection('Deployment', 'web') };
  const nth2 = { labels: [{ kind: 'in', label: 'nth', values: ['2'] }] } as const;

  test.each<[string, PodSelection, StatEdge | undefined, string, string]>([
    [
      'services',
      selection('Service'),
      undefined,
      'dst_namespace,dst_service',
      'direction="outbound",dst_service!="",dst_namespace="shop"',
    ],
    [
      'authorities',
      selection('Authority'),
      undefined,
      'namespace,authority',
      'direction="outbound",authority!="",namespace="shop"',
    ],
    [
      'namespaces',
      selection('Namespace'),
      undefined,
      'namespace',
      'direction="inbound",namespace!="",pod!=""',
    ],
    [
      'a job',
      selection('Job', 'nightly'),
      undefined,
      'namespace,k8s_job',
      'direction="inbound",k8s_job="nightly",namespace="shop"',
    ],
    [
      'everywhere',
      selection('StatefulSet', undefined, { namespace: undefined }),
      undefined,
      'namespace,statefulset',
      'direction="inbound",statefulset!=""',
    ],
    [
      'from',
      selection('Service'),
      fromWeb,
      'dst_namespace,dst_service',
      'direction="outbound",dst_service!="",dst_namespace="shop",deployment="web",namespace="shop"',
    ],
    [
      'to',
      selection('Deployment'),
      { kind: 'to', other: selection('Service', 'api') },
      'namespace,deployment',
      'direction="outbound",deployment!="",namespace="shop",dst_service="api",dst_namespace="shop"',
    ],
    [
      'pods by labels',
      selection('Pod', undefined, nth2),
      undefined,
      'namespace,pod',
      'direction="inbound",pod!="",namespace="shop",namespace="shop",pod=~"api-2|web-2"',
    ],
    [
      'a service by labels',
      selection('Service', 'api', nth2),
      undefined,
      'dst_namespace,dst_service',
      'direction="outbound",dst_service="api",dst_namespace="shop",dst_namespace="shop",dst_pod=~"api-2"',
    ],
  ])('%s', async (_name, selections, edge, rows, matchers) => {
    expect(await queriesOf(selections, edge)).toContain(
      `sum by (${rows},classification,tls) (increase(response_total{${matchers}}[60000ms]))`,
    );
  });

  test('outbound, bytes are read from the server’s point of view', async () => {
    const { source, host } = await asking((query, response) => {
      const isRead = query.includes('tcp_read_bytes_total');
      response.end(isRead ? vector([{ dst_namespace: 'shop', dst_service: 'api' }, '5']) : vector());
    });
    expect(host).toContain('127.0.0.1');
    const answer = await source.traffic(question(selection('Service')));
    expect(answer).toMatchObject({
      ok: true,
      tables: [
        new Map([
          ['shop/api', { http: undefined, tcp: { openConnections: 0, readBytes: 0, writtenBytes: 5 } }],
        ]),
      ],
    });
  });

  test('nothing of what can’t be: labels that no pod has', async () => {
    const none = selection('Pod', undefined, { labels: [{ kind: 'exists', label: 'none' }] });
    expect(await queriesOf(none)).toEqual(['max(count_over_time(conduit_telemetry_series{}[60000ms]))']);
  });

  test('labels that too many pods have are refused without asking', async () => {
    const { source, mesh, queries } = await asking(nothing);
    mesh.apply(
      { kind: 'Deployment', controller: controllerRow('big') },
      ...Array.from({ length: 2_001 }, (_, nth) => ({
        pod: podRow(`big-${nth}`, { labels: { app: 'big' } }),
      })),
    );
    const big = selection('Pod', undefined, { labels: [{ kind: 'in', label: 'app', values: ['big'] }] });
    expect(await source.traffic(question(big))).toEqual({
      ok: false,
      problem: 'the labels choose 2001 pods, and Prometheus can be asked for 2000 at most',
    });
    expect(queries).toEqual([]);
  });

  test('credentials and the path of the URL are given, and how long it may take', async () => {
    const { source, requests } = await asking(nothing);
    await source.traffic(question(selection('Pod')));
    expect(requests[0]?.url).toBe('/api/v1/query');
    expect(requests[0]?.headers.authorization).toBeUndefined();

    const asked = await asking(nothing);
    const { mesh, host } = asked;
    const url = `http://me:p%40ss@${host}/some/prometheus/`;
    const other = createPrometheusSource({ url, mesh });
    expect(await other.traffic(question(selection('Pod')))).toMatchObject({ ok: true });
    expect(asked.requests[0]?.url).toBe('/some/prometheus/api/v1/query');
    expect(asked.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    );
  });

  test('some queries at a time', async () => {
    const { source, queries, mostUnderWay } = await asking(nothing);
    const many = Array.from({ length: 20 }, () => selection('Pod'));
    expect(await source.traffic(question(many))).toMatchObject({ ok: true });
    expect(queries.length).toBe(161);
    expect(mostUnderWay()).toBeLessThanOrEqual(10);
  });
});

describe('what comes of the answers', () => {
  const pod = { namespace: 'shop', pod: 'api-1' };

  test('rows, by name; what has no number is absent', async () => {
    const { source } = await asking((query, response) => {
      if (query.startsWith('max(')) response.end(vector([{}, '6']));
      else if (query.includes('response_total')) {
        response.end(
          vector(
            [{ ...pod, classification: 'success', tls: 'true' }, '10.5'],
            [{ ...pod, classification: 'success' }, '2'],
            [{ ...pod, classification: 'failure', tls: 'no_identity' }, '1'],
            [{ namespace: 'shop', pod: 'api-2', classification: 'success' }, '0'],
          ),
        );
      } else if (query.includes('0.5,')) response.end(vector([pod, '12.5']));
      else if (query.includes('0.95,')) response.end(vector([pod, 'NaN']));
      else if (query.includes('0.99,')) response.end(vector([pod, '+Inf']));
      else response.end(vector());
    });
    expect(await source.traffic(question(selection('Pod')))).toEqual({
      ok: true,
      tables: [
        new Map([
          [
            'shop/api-1',
            {
              http: {
                successes: 12.5,
                failures: 1,
                mutualTls: 10.5,
                latencyMs: { p50: 12.5, p95: undefined, p99: undefined },
              },
              tcp: undefined,
            },
          ],
        ]),
      ],
      windowMs: 60_000,
      incompleteBecause: '',
    });
  });

  test.each([
    [vector(), 'Prometheus has no sample of a control plane in this window'],
    [
      vector([{}, '1']),
      'Prometheus has one sample of the control plane in this window, and growth takes two',
    ],
    [vector([{}, '2']), ''],
    [
      JSON.stringify({ ...JSON.parse(vector([{}, '2'])), warnings: ['store-1 did not\nanswer'] }),
      'store-1 did not answer',
    ],
  ])('too few samples, and warnings, are told: %s', async (scrapes, incompleteBecause) => {
    const { source } = await asking((query, response) =>
      response.end(query.startsWith('max(') ? scrapes : vector()),
    );
    expect(await source.traffic(question(selection('Pod')))).toMatchObject({ ok: true, incompleteBecause });
  });
});

describe('what goes wrong', () => {
  const json = { 'content-type': 'application/json' };

  test.each<[string, Respond, string]>([
    [
      'a query that is refused',
      (_query, response) =>
        response
          .writeHead(400, json)
          .end(JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse\nerror' })),
      'bad_data: parse error',
    ],
    ['HTTP 503', (_query, response) => response.writeHead(503).end('busy'), 'HTTP 503'],
    ['a login page', (_query, response) => response.writeHead(302, { location: '/login' }).end(), 'HTTP 302'],
    ['HTML', (_query, response) => response.end('<html>'), "what answers there isn't Prometheus's API"],
    ['nothing', (_query, response) => response.end(), "what answers there isn't Prometheus's API"],
    ['null', (_query, response) => response.end('null'), "what answers there isn't Prometheus's API"],
    [
      'a matrix',
      (_query, response) =>
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } })),
      "what answers there isn't Prometheus's API",
    ],
    [
      'samples of another shape',
      (_query, response) =>
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [7] } })),
      "what answers there isn't Prometheus's API",
    ],
    [
      'half an answer',
      (_query, response) => {
        response.writeHead(200, { 'content-length': 1_000 }).write('{"status":');
        setImmediate(() => response.destroy());
      },
      'the connection ended too early',
    ],
    [
      'no HTTP',
      (_query, response) => response.socket?.end('SSH-2.0\r\n\r\n'),
      "what answers there doesn't speak HTTP",
    ],
    [
      'words without end',
      (_query, response) =>
        response.end(JSON.stringify({ status: 'error', errorType: 'x', error: 'y'.repeat(10_000) })),
      `x: ${'y'.repeat(497)}…`,
    ],
  ])('%s', async (_name, respond, words) => {
    const { source, host } = await asking(respond);
    expect(await source.traffic(question(selection('Pod')))).toEqual({
      ok: false,
      problem: expect.stringContaining(`Prometheus at ${host}: ${words}`),
    });
  });

  test('an answer without end', async () => {
    const chunk = ' '.repeat(65_536);
    const { source, host } = await asking(
      (_query, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      { maxBytes: 1_000_000 },
    );
    expect(await source.traffic(question(selection('Pod')))).toEqual({
      ok: false,
      problem: `Prometheus at ${host}: the answer is too large; ask for less at once`,
    });
  });

  test('no answer in time, and one that never ends', async () => {
    for (const respond of [
      () => undefined,
      (_query: string, response: ServerResponse) => response.write('{'),
    ]) {
      const { source, host } = await asking(respond, { timeoutMs: 100 });
      expect(await source.traffic(question(selection('Pod')))).toEqual({
        ok: false,
        problem: `Prometheus at ${host}: no answer within 0.1 s`,
      });
    }
  });

  test('nobody there; the password is not told', async () => {
    const { server, host, mesh } = await asking(nothing);
    await new Promise((resolve) => server.close(resolve));
    const source = createPrometheusSource({ url: `http://me:secret@${host}/x`, mesh });
    expect(await source.traffic(question(selection('Pod')))).toEqual({
      ok: false,
      problem: `Prometheus at ${host}: connection refused`,
    });
  });

  test('the first that fails ends the others', async () => {
    const closed: string[] = [];
    const { source, host } = await asking((query, response) => {
      if (query.includes('response_total')) response.writeHead(500).end();
      else response.on('close', () => closed.push(query));
    });
    expect(await source.traffic(question(selection('Pod')))).toEqual({
      ok: false,
      problem: `Prometheus at ${host}: HTTP 500`,
    });
    await expect.poll(() => closed.length).toBe(8);
  });
});

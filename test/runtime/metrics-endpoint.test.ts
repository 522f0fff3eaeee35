import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Counter, Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AdminServerOptions, createAdminServer } from '../../src/runtime/admin.js';
import { createLogger } from '../../src/runtime/log.js';
import { until } from '../kit/until.js';

async function runAdmin(moreMetrics?: AdminServerOptions['moreMetrics'], help = 'h') {
  const registry = new Registry();
  new Counter({ name: 'c_total', help, registers: [registry] }).inc(3);
  const server = await createAdminServer({
    address: { host: '127.0.0.1', port: 0 },
    registry,
    log: createLogger({ level: 'silent', format: 'json' }),
    readiness: () => ({ ready: true, conditions: [] }),
    ...(moreMetrics && { moreMetrics }),
  });
  onTestFinished(() => server.close());
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly encoding: string;
  readonly body: Buffer;
}

/** As it comes: nothing is decoded, and nothing is asked for that isn't said. */
async function scrape(port: number, headers: Record<string, string> = {}): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, path: '/metrics', headers }).end();
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    encoding: response.headers['content-encoding'] ?? 'identity',
    body: Buffer.concat(chunks),
  };
}

/** A client that asks and reads nothing. */
async function askAndWait(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.pause();
  await once(socket, 'connect');
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

/** Pieces without end, counted, for as long as anybody takes them. */
function endless() {
  const state = { pieces: 0, open: 0 };
  const piece = `${'x'.repeat(16_383)}\n`;
  function* more(): Iterable<string> {
    state.open += 1;
    try {
      for (;;) {
        state.pieces += 1;
        yield piece;
      }
    } finally {
      state.open -= 1;
    }
  }
  return { state, more };
}

const text = 'text/plain; version=0.0.4; charset=utf-8';
const openmetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('the format is what the client prefers', () => {
  test.each([
    [undefined, text],
    ['*/*', text],
    ['text/plain', text],
    ['application/json', text],
    ['application/openmetrics-text', openmetrics],
    // Prometheus 2.42, and 3 with its protobuf first.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      openmetrics,
    ],
    [
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.3,*/*;q=0.2',
      openmetrics,
    ],
    ['text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5', text],
    ['application/openmetrics-text;q=0', text],
    ['APPLICATION/OpenMetrics-Text ; Q=0.4', openmetrics],
    [';;;,,q=', text],
  ])('%s', async (accept, type) => {
    const formats: string[] = [];
    const { port } = await runAdmin((format) => {
      formats.push(format);
      return ['m 1\n'];
    });
    const answer = await scrape(port, accept === undefined ? {} : { accept });
    expect(answer).toMatchObject({ status: 200, type, encoding: 'identity' });
    const isOpen = type === openmetrics;
    expect(formats).toEqual([isOpen ? 'openmetrics' : 'text']);
    expect(answer.body.toString()).toBe(
      isOpen
        ? 'm 1\n# HELP c h\n# TYPE c counter\nc_total 3\n# EOF\n'
        : 'm 1\n# HELP c_total h\n# TYPE c_total counter\nc_total 3\n',
    );
  });

  test('also where both are asked for at once', async () => {
    const { port } = await runAdmin();
    const accepts = Array.from({ length: 4 }, (_, nth) =>
      nth % 2 === 0 ? 'application/openmetrics-text' : 'text/plain',
    );
    const answers = await Promise.all(accepts.map((accept) => scrape(port, { accept })));
    expect(answers.map(({ type }) => type)).toEqual([openmetrics, text, openmetrics, text]);
    expect(answers.map(({ body }) => body.toString().endsWith('# EOF\n'))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

test('names are the same for whoever prefers the other format', async () => {
  const { port } = await runAdmin();
  const before = (await scrape(port)).body.toString();
  await scrape(port, { accept: 'application/openmetrics-text' });
  expect((await scrape(port)).body.toString()).toBe(before);
});

describe('gzip', () => {
  test.each([
    ['gzip', 'gzip'],
    ['deflate, gzip;q=0.5, br', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0.0, *', 'identity'],
    ['deflate', 'identity'],
    ['x-gzipped', 'identity'],
  ])('%s: %s', async (accepted, encoding) => {
    const { port } = await runAdmin(() => ['m 1\n', '', 'n 1\n']);
    const answer = await scrape(port, { 'accept-encoding': accepted });
    expect(answer.encoding).toBe(encoding);
    const body = encoding === 'gzip' ? gunzipSync(answer.body) : answer.body;
    expect(body.toString()).toMatch(/^m 1\nn 1\n# HELP c_total/);
  });

  test('what is large comes whole', async () => {
    const pieces = Array.from({ length: 2_000 }, (_, nth) => `m{n="${nth}"} ${'1'.repeat(1_000)}\n`);
    const { port } = await runAdmin(() => pieces);
    const [plain, packed] = await Promise.all([scrape(port), scrape(port, { 'accept-encoding': 'gzip' })]);
    expect(plain.body.toString().startsWith(pieces.join(''))).toBe(true);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
  });
});

test('a client that doesn’t read is waited for, and nothing is made ahead for it', async () => {
  const { state, more } = endless();
  const { port } = await runAdmin(more);
  const socket = await askAndWait(port);
  let before = -1;
  // Until the buffers of both ends are full.
  await until(
    () => {
      const isStill = state.pieces > 0 && state.pieces === before;
      before = state.pieces;
      return isStill;
    },
    { everyMs: 50 },
  );
  expect(state.open).toBe(1);
  expect(state.pieces).toBeLessThan(2_000);
  // It goes on where it is read.
  socket.once('data', () => undefined);
  socket.resume();
  await until(() => state.pieces > before + 100);
});

test.each([
  {},
  { 'accept-encoding': 'gzip' },
])('a client that goes ends what was being made for it: %j', async (headers) => {
  const { state, more } = endless();
  const { port } = await runAdmin(more);
  const request = httpRequest({ host: '127.0.0.1', port, path: '/metrics', headers }).end();
  request.on('error', () => undefined);
  await once(request, 'response');
  await until(() => state.open === 1);
  request.destroy();
  await until(() => state.open === 0);
  expect(state.pieces).toBeGreaterThan(0);
});

test('a scrape that is one too many is refused at once, and the next is served when one has ended', async () => {
  const { state, more } = endless();
  let isEndless = true;
  const { port } = await runAdmin((format) => (isEndless ? more() : [format]));
  const sockets = await Promise.all([1, 2, 3, 4].map(() => askAndWait(port)));
  await until(() => state.open === 4);
  const refused = await scrape(port);
  expect([refused.status, refused.body.toString()]).toEqual([503, '4 scrapes are under way\n']);
  isEndless = false;
  sockets[0]?.destroy();
  await until(() => state.open === 3);
  expect((await scrape(port)).status).toBe(200);
});

test('a scrape whose text is ready but not taken counts as under way', async () => {
  // The registry's own text comes last, and in one piece.
  const { port } = await runAdmin(undefined, 'x'.repeat(16_000_000));
  await Promise.all([1, 2, 3, 4].map(() => askAndWait(port)));
  const refused = await until(async () => {
    const answer = await scrape(port);
    return answer.status === 503 ? answer : undefined;
  });
  expect(refused.body.toString()).toBe('4 scrapes are under way\n');
});

test('a bug in what is told cuts the answer off, so that it isn’t taken for a whole one', async () => {
  const { port } = await runAdmin(function* () {
    yield 'm 1\n';
    throw new Error('a bug');
  });
  await expect(scrape(port)).rejects.toThrow(/aborted|hang up/);
  await expect(scrape(port, { 'accept-encoding': 'gzip' })).rejects.toThrow(/aborted|hang up/);
});

test('HEAD has the head, and nothing is made for it', async () => {
  const { state, more } = endless();
  const { port } = await runAdmin(more);
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-type'), state.pieces]).toEqual([200, text, 0]);
});

test('others have their turn while much is told', async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  const turns: number[] = [];
  const { port } = await runAdmin(function* () {
    count();
    for (let nth = 0; nth < 60; nth++) {
      const until = performance.now() + 2;
      while (performance.now() < until);
      turns.push(turn);
      yield `m{n="${nth}"} 1\n`;
    }
    isOver = true;
  });
  await scrape(port);
  const together = [...new Set(turns)].map((one) => turns.filter((each) => each === one).length);
  expect(Math.max(...together)).toBeLessThanOrEqual(3);
});

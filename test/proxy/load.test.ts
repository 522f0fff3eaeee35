import { createHash } from 'node:crypto';
import http from 'node:http';
import process from 'node:process';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1, ask2, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';

async function meshTo(port: number, hint: boolean): Promise<number> {
  const sidecar = await lab.sidecar(port);
  const addrs = [weighted('127.0.0.1', sidecar, hint ? { protocol_hint: { h2: {} } } : {})];
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
  return (await lab.proxy({ destinationAddress: destination.address })).outboundPort;
}

const megabyte = 1 << 20;

/** Content of so many bytes that is never in memory as a whole, and its hash. */
function content(bytes: number): { stream: Readable; hash: () => string } {
  const hash = createHash('sha256');
  const block = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 31) & 0xff));
  let left = bytes;
  const stream = new Readable({
    read() {
      const chunk = Buffer.from(block.subarray(0, Math.min(left, block.length)));
      chunk.writeUInt32BE(left, 0);
      left -= chunk.length;
      hash.update(chunk);
      this.push(chunk);
      if (left === 0) this.push(null);
    },
  });
  return { stream, hash: () => hash.digest('hex') };
}

async function digest(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

test.each([
  { size: 5 * megabyte, name: 'HTTP/1', hint: false, client: 1 },
  { size: 100 * megabyte, name: 'HTTP/1 over HTTP/2', hint: true, client: 1 },
  { size: 5 * megabyte, name: 'HTTP/2', hint: false, client: 2 },
])('$size bytes by $name pass both ways unchanged, in little memory', async ({ size, hint, client }) => {
  const app =
    client === 1
      ? await lab.http1App((message, response) => message.pipe(response))
      : await lab.http2App((stream) => {
          stream.respond();
          stream.pipe(stream);
        });
  const port = await meshTo(app.port, hint);
  const up = content(size);
  const before = process.memoryUsage();
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const received =
    client === 1
      ? await new Promise<string>((resolve, reject) => {
          const request = http.request({
            host: '127.0.0.1',
            port,
            method: 'POST',
            headers: { host: authority },
          });
          request.on('error', reject);
          request.on('response', (response) => void digest(response).then(resolve, reject));
          up.stream.pipe(request);
        })
      : await new Promise<string>((resolve, reject) => {
          const stream = lab
            .http2Client(port)
            .request({ ':method': 'POST', ':authority': authority }, { endStream: false });
          stream.on('error', reject);
          up.stream.pipe(stream);
          digest(stream).then(resolve, reject);
        });
  clearInterval(sampling);
  expect(received).toBe(up.hash());
  // Client, application and both proxies are this one process, garbage included.
  expect((peak - before.rss) / megabyte).toBeLessThan(150);
}, 60_000);

test('1,000 concurrent requests of HTTP/1, carried over HTTP/2, are answered', async () => {
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const { port: appPort } = await lab.http1App((message, response) => {
    open += 1;
    most = Math.max(most, open);
    waiting.push(() => {
      open -= 1;
      response.end(message.url);
    });
    if (open === 1_000) for (const answer of waiting) answer();
  });
  const port = await meshTo(appPort, true);
  const agent = new http.Agent({ keepAlive: true });
  lab.defer(() => agent.destroy());
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => ask1({ port, authority, path: `/${index}`, agent })),
  );
  expect(most).toBe(1_000);
  expect(answers.map((it) => it.body)).toEqual(Array.from({ length: 1_000 }, (_, index) => `/${index}`));
}, 60_000);

test('1,000 concurrent streams of one HTTP/2 client are answered', async () => {
  const waiting: (() => void)[] = [];
  const { port: appPort } = await lab.http2App(
    (stream, headers) => {
      waiting.push(() => {
        stream.respond();
        stream.end(headers[':path']);
      });
      if (waiting.length === 1_000) for (const answer of waiting) answer();
    },
    { settings: { maxConcurrentStreams: 2_000 } },
  );
  const session = lab.http2Client(await meshTo(appPort, true));
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => ask2(session, { authority, path: `/${index}` })),
  );
  expect(answers.map((it) => it.body)).toEqual(Array.from({ length: 1_000 }, (_, index) => `/${index}`));
}, 60_000);

test('thousands of streams given up at once take no other with them', async () => {
  let held = 0;
  const { port: appPort } = await lab.http1App((message, response) => {
    if (message.url === '/held') held += 1;
    else response.end('ok');
  });
  const port = await meshTo(appPort, true);
  const survivor = ask1({ port, authority, path: '/held' }).catch((error: Error) => error.message);
  await until(() => held === 1);
  for (let round = 0; round < 2; round++) {
    const before = held;
    const agent = new http.Agent();
    const requests = Array.from({ length: 600 }, () => {
      const request = http.get({
        host: '127.0.0.1',
        port,
        path: '/held',
        agent,
        headers: { host: authority },
      });
      request.on('error', () => {});
      return request;
    });
    await until(() => held === before + 600, { timeoutMs: 30_000 });
    for (const request of requests) request.destroy();
    expect((await ask1({ port, authority })).body).toBe('ok');
  }
  let isOver = false;
  void survivor.then(() => (isOver = true));
  expect((await ask1({ port, authority })).body).toBe('ok');
  expect(isOver).toBe(false);
}, 60_000);

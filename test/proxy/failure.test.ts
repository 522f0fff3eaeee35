import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1, ask2, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';

/** An outbound proxy that knows these ports as the endpoints of `authority`. */
async function outboundTo(...ports: readonly number[]): Promise<number> {
  const addrs = ports.map((port) => weighted('127.0.0.1', port));
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
  return (await lab.proxy({ destinationAddress: destination.address })).outboundPort;
}

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const server = net.createServer();
  const port = await lab.listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const errorHeader = 'l5d-proxy-error';

describe('an endpoint that can not be reached', () => {
  test.each(['GET', 'POST'])('is left for another one: %s', async (method) => {
    const { port } = await lab.http1App((message, response) => {
      message.resume();
      message.on('end', () => response.end('ok'));
    });
    const outbound = await outboundTo(await deadPort(), await deadPort(), port);
    const answers = [];
    for (let round = 0; round < 10; round++) {
      const body = method === 'POST' ? { body: 'hello' } : {};
      answers.push((await ask1({ port: outbound, authority, method, ...body })).status);
    }
    expect(answers).toEqual(Array.from({ length: 10 }, () => 200));
  });

  test('is a 502 that says so where it is the only one', async () => {
    const dead = await deadPort();
    const answer = await ask1({ port: await outboundTo(dead), authority });
    expect(answer.status).toBe(502);
    expect(answer.headers).toMatchObject({
      [errorHeader]: `outbound proxy of web-1.shop: cannot connect to 127.0.0.1:${dead}: connection refused`,
      'l5d-proxy-connection': 'close',
      'content-length': '0',
      connection: 'close',
    });
  });

  test.each([
    { client: 1, hint: {} },
    { client: 1, hint: { protocol_hint: { h2: {} } } },
    { client: 2, hint: { protocol_hint: { h2: {} } } },
  ])('by its sidecar is left for another one: HTTP/$client $hint', async ({ client, hint }) => {
    const { port } =
      client === 1
        ? await lab.http1App((message, response) => message.pipe(response))
        : await lab.http2App((stream) => {
            stream.respond();
            stream.pipe(stream);
          });
    const sidecars = [await lab.sidecar(await deadPort()), await lab.sidecar(port)];
    const addrs = sidecars.map((it) => weighted('127.0.0.1', it, hint));
    const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
    const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
    const session = client === 2 ? lab.http2Client(outboundPort) : undefined;
    const answers = [];
    for (let round = 0; round < 10; round++) {
      const what = { authority, method: 'POST', body: `hello ${round}` };
      const { status, body } =
        session === undefined ? await ask1({ port: outboundPort, ...what }) : await ask2(session, what);
      answers.push(`${status} ${body}`);
    }
    expect(answers).toEqual(Array.from({ length: 10 }, (_, round) => `200 hello ${round}`));
  });

  test('by its sidecar is a 502 in the words of that where it is the only one', async () => {
    const dead = await deadPort();
    const answer = await ask1({ port: await outboundTo(await lab.sidecar(dead)), authority });
    expect(answer.status).toBe(502);
    expect(answer.headers[errorHeader]).toBe(
      `inbound proxy of app-1.shop: cannot connect to 127.0.0.1:${dead}: connection refused`,
    );
  });

  test('is a status for gRPC', async () => {
    const dead = await deadPort();
    const session = lab.http2Client(await outboundTo(dead));
    const answer = await ask2(session, {
      authority,
      method: 'POST',
      headers: { 'content-type': 'application/grpc' },
      body: 'x',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/grpc', 'grpc-status': '14' });
    expect(decodeURI(String(answer.headers['grpc-message']))).toContain('connection refused');
  });

  test('is said by the inbound proxy, and the application is told to connect anew', async () => {
    const sidecar = await lab.sidecar(await deadPort());
    const answer = await ask1({ port: await outboundTo(sidecar), authority });
    expect([answer.status, answer.headers.connection]).toEqual([502, 'close']);
    expect(answer.headers[errorHeader]).toMatch(/^inbound proxy of app-1.shop: cannot connect/);
  });
});

test('a service without endpoints is 504 after a wait, then at once, until there is one', async () => {
  const destination = await lab.destination({ [`${authority}:80`]: { addrs: [] } });
  const { outboundPort: port } = await lab.proxy({ destinationAddress: destination.address });
  const startedMs = performance.now();
  const first = await ask1({ port, authority });
  const firstMs = performance.now() - startedMs;
  const second = await ask1({ port, authority });
  expect([first.status, second.status]).toEqual([504, 504]);
  expect(firstMs).toBeGreaterThan(2_900);
  expect(performance.now() - startedMs - firstMs).toBeLessThan(1_000);
  expect(second.headers[errorHeader]).toBe(
    'outbound proxy of web-1.shop: no endpoint for web.shop.svc.cluster.local:80: it has no endpoints',
  );
});

describe('a connection that breaks without an answer', () => {
  async function rudeApp(): Promise<{ port: number; seen: () => number }> {
    let requests = 0;
    const port = await lab.listen(
      net.createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          requests += 1;
          socket.destroy();
        });
      }),
    );
    return { port, seen: () => requests };
  }

  test('is tried once more for GET', async () => {
    const rude = await rudeApp();
    const answer = await ask1({ port: await outboundTo(rude.port), authority });
    expect([answer.status, rude.seen()]).toEqual([502, 2]);
    expect(answer.headers[errorHeader]).toContain('it was closed without an answer');
  });

  test('is never tried again for POST', async () => {
    const rude = await rudeApp();
    const answer = await ask1({ port: await outboundTo(rude.port), authority, method: 'POST', body: 'x' });
    expect([answer.status, rude.seen()]).toEqual([502, 1]);
  });
});

test('a stream that the server refuses goes to another one, content and all', async () => {
  let refusals = 0;
  const app = async (refuses: boolean): Promise<number> => {
    const { port } = await lab.http2App((stream) => {
      if (refuses) {
        refusals += 1;
        stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      stream.respond();
      stream.pipe(stream);
    });
    return port;
  };
  const session = lab.http2Client(await outboundTo(await app(true), await app(true), await app(false)));
  const answers = [];
  for (let round = 0; round < 20; round++) {
    answers.push((await ask2(session, { authority, method: 'POST', body: `body ${round}` })).body);
  }
  expect(answers).toEqual(Array.from({ length: 20 }, (_, round) => `body ${round}`));
  expect(refusals).toBeGreaterThan(0);
});

describe('a reset', () => {
  test.each([
    http2.constants.NGHTTP2_CANCEL,
    http2.constants.NGHTTP2_INTERNAL_ERROR,
    http2.constants.NGHTTP2_ENHANCE_YOUR_CALM,
  ])('with code %i passes from the application to the client, in the middle of content', async (code) => {
    const { port } = await lab.http2App((stream) => {
      // Without trailers to wait for, Node ends a stream regularly before it resets it.
      stream.respond({}, { waitForTrailers: true });
      stream.write('part');
      setImmediate(() => stream.close(code));
    });
    const stream = lab
      .http2Client(await outboundTo(await lab.sidecar(port)))
      .request({ ':authority': authority });
    stream.on('error', () => {});
    stream.resume();
    await once(stream, 'close').catch(() => {});
    await until(() => stream.destroyed);
    expect(stream.rstCode).toBe(code);
  });

  test.each([
    http2.constants.NGHTTP2_CANCEL,
    http2.constants.NGHTTP2_INTERNAL_ERROR,
  ])('with code %i passes from the client to the application', async (code) => {
    const seen: number[] = [];
    const { port } = await lab.http2App((stream) => {
      stream.respond();
      stream.resume();
      stream.write('part');
      stream.on('close', () => seen.push(stream.rstCode));
    });
    const stream = lab
      .http2Client(await outboundTo(await lab.sidecar(port)))
      .request({ ':authority': authority, ':method': 'POST' }, { endStream: false });
    stream.on('error', () => {});
    await once(stream, 'response');
    stream.close(code);
    await until(() => seen.length > 0);
    expect(seen).toEqual([code]);
  });

  test('of an HTTP/1 answer breaks the client, carried over HTTP/2 or not', async () => {
    const { port } = await lab.http1App((_message, response) => {
      response.write('part');
      setImmediate(() => response.destroy());
    });
    for (const hint of [{}, { protocol_hint: { h2: {} } }]) {
      const addrs = [weighted('127.0.0.1', await lab.sidecar(port), hint)];
      const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
      const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
      await expect(ask1({ port: outboundPort, authority })).rejects.toThrow(/aborted|ECONNRESET/);
    }
  });

  test.each([
    ['', {}],
    [', carried over HTTP/2', { protocol_hint: { h2: {} } }],
  ])('by an HTTP/1 client that leaves reaches the application%s', async (_how, hint) => {
    const seen: string[] = [];
    const { port } = await lab.http1App((message, response) => {
      message.resume();
      seen.push('asked');
      response.on('close', () => seen.push('left'));
    });
    const addrs = [weighted('127.0.0.1', await lab.sidecar(port), hint)];
    const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
    const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
    const request = http.get({ port: outboundPort, host: '127.0.0.1', headers: { host: authority } });
    request.on('error', () => {});
    await until(() => seen.length === 1);
    request.destroy();
    await until(() => seen.length === 2);
    expect(seen).toEqual(['asked', 'left']);
  });
});

test('an application that dies fails what it had, and nothing else', async () => {
  let waiting = 0;
  const dying = await lab.http1App(() => (waiting += 1));
  const living = await lab.http1App((_message, response) => response.end('ok'));
  const outbound = await outboundTo(dying.port, living.port);
  const running = Array.from({ length: 20 }, () =>
    ask1({ port: outbound, authority, method: 'POST', body: 'x' }).then((it) => it.status),
  );
  await until(() => waiting > 0);
  dying.server.closeAllConnections();
  dying.server.close();
  const statuses = await Promise.all(running);
  expect(new Set(statuses)).toEqual(new Set([200, 502]));
  const after = await Promise.all(
    Array.from({ length: 20 }, () => ask1({ port: outbound, authority, method: 'POST', body: 'x' })),
  );
  expect(after.map((it) => it.status)).toEqual(after.map(() => 200));
});

import { execFile } from 'node:child_process';
import http2 from 'node:http2';
import net from 'node:net';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTapServer } from '../../../src/proxy/tap/server.js';
import { Taps } from '../../../src/proxy/tap/taps.js';
import { weighted } from '../../client/scripted-destination.js';
import { until } from '../../kit/until.js';
import { ask1, ask2, Lab } from '../lab.js';
import { everything, type Message, Observation } from './observe-client.js';
import { requestEnd, requestStart } from '../observed.js';

/** Taps over real sockets: a proxy that carries requests, and a client of its tap server that isn't of our making. */

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';
const labels = { pod: 'web-1', deployment: 'web' };

async function tapped({ stuckMs }: { stuckMs?: number } = {}) {
  const taps = new Taps({ random: () => 0.5 });
  const registry = new Registry();
  const server = await createTapServer({
    address: { host: '127.0.0.1', port: 0 },
    taps,
    registry,
    log: lab.log,
    ...(stuckMs !== undefined && { stuckMs }),
  });
  lab.defer(() => server.close());
  const observe = async (request: Message | Buffer): Promise<Observation> => {
    const observation = new Observation(server.address, request);
    lab.defer(() => observation.close());
    await until(() => observation.hasBegun || observation.status);
    return observation;
  };
  const counted = async (name: string): Promise<number> =>
    Number(
      (await registry.metrics())
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  return { taps, server, observe, counted };
}

async function outboundTo(port: number, taps: Taps, profile: Message = {}): Promise<number> {
  const addrs = [weighted('127.0.0.1', port, { metric_labels: labels })];
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } }, () => profile);
  return (await lab.proxy({ destinationAddress: destination.address, observer: taps.observer })).outboundPort;
}

const loopback = { ip: { ipv4: 0x7f000001 }, port: expect.any(Number) };

test('a request by HTTP/1 is told from its start to its end', async () => {
  const { taps, observe } = await tapped();
  const { port } = await lab.http1App((message, response) => {
    message.resume();
    message.on('end', () => {
      response.writeHead(201, { 'x-answer': 'yes', trailer: 'x-end' });
      response.write('hello');
      response.addTrailers({ 'x-end': 'done' });
      response.end();
    });
  });
  const routes = [{ condition: { path: { regex: '/a' } }, metrics_labels: { route: 'POST /a' } }];
  const outbound = await outboundTo(port, taps, { routes });
  const observation = await observe({ limit: 1, match: everything, extract: { http: { headers: {} } } });
  const sent = { 'X-Octets': Buffer.from('caffè', 'utf8').toString('latin1') };
  await ask1({
    port: outbound,
    authority,
    method: 'POST',
    path: '/a?secret=1',
    headers: sent,
    body: 'abc',
  });
  await until(() => observation.status);

  const id = { base: 0x8000_0000, stream: 0 };
  const about = {
    source: loopback,
    source_meta: { labels: { tls: 'loopback' } },
    destination: { ...loopback, port },
    destination_meta: { labels: { ...labels, tls: 'not_provided_by_service_discovery' } },
    route_meta: { labels: { route: 'POST /a' } },
    proxy_direction: 'OUTBOUND',
  };
  const header = (name: string, value: string) => ({ name, value: Buffer.from(value) });
  expect(observation.events).toEqual([
    {
      ...about,
      http: {
        request_init: {
          id: { base: id.base },
          method: { registered: 'POST' },
          scheme: { registered: 'HTTP' },
          authority,
          path: '/a',
          headers: {
            headers: expect.arrayContaining([header('host', authority), header('x-octets', 'caffè')]),
          },
        },
      },
    },
    {
      ...about,
      http: {
        response_init: {
          id: { base: id.base },
          since_request_init: expect.objectContaining({ nanos: expect.any(Number) }),
          http_status: 201,
          headers: { headers: expect.arrayContaining([header('x-answer', 'yes')]) },
        },
      },
    },
    {
      ...about,
      http: {
        response_end: {
          id: { base: id.base },
          since_request_init: expect.objectContaining({ nanos: expect.any(Number) }),
          since_response_init: expect.objectContaining({ nanos: expect.any(Number) }),
          response_bytes: 5,
          trailers: { headers: [header('x-end', 'done')] },
        },
      },
    },
  ]);
  expect(observation.status).toEqual({ code: status.OK, details: 'OK' });
});

test('a gRPC call by HTTP/2 is told with its status, on the inbound side as well', async () => {
  const { taps, observe } = await tapped();
  const { port } = await lab.http2App((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '7' }));
    stream.end('12345678');
  });
  const inbound = await lab.sidecar(port, { observer: taps.observer });
  const observation = await observe({ limit: 1, match: everything, extract: { http: { headers: {} } } });
  await ask2(lab.http2Client(inbound), { authority, method: 'POST', path: '/shop.Cart/Add' });
  await until(() => observation.status);
  expect(observation.events[0]).toMatchObject({
    proxy_direction: 'INBOUND',
    source: loopback,
    source_meta: { labels: { tls: 'no_tls_from_remote' } },
    destination: { ...loopback, port },
    destination_meta: { labels: { tls: 'loopback' } },
  });
  const names = (message: Message): readonly string[] => {
    const { headers } = message['headers'] as { headers: { name: string; value: Buffer }[] };
    return headers.map(({ name, value }) => `${name}=${value.toString()}`);
  };
  expect(names(observation.of('request_init')[0]!)).toEqual([
    ':method=POST',
    ':scheme=http',
    `:authority=${authority}`,
    ':path=/shop.Cart/Add',
  ]);
  expect(names(observation.of('response_init')[0]!)).toEqual(
    expect.arrayContaining([':status=200', 'content-type=application/grpc']),
  );
  expect(observation.of('response_end')).toMatchObject([
    { response_bytes: 8, eos: { grpc_status_code: 7 }, trailers: { headers: [{ name: 'grpc-status' }] } },
  ]);
});

test('a reset is told with its code, a request without a response without its time', async () => {
  const { taps, observe } = await tapped();
  const { port } = await lab.http2App((stream, headers) => {
    if (headers[':path'] === '/late') {
      stream.respond({ ':status': 200 });
      stream.write('some', () => stream.destroy(new Error('broken')));
    } else stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
  const inbound = await lab.sidecar(port, { observer: taps.observer });
  const observation = await observe({ limit: 2, match: everything });
  const session = lab.http2Client(inbound);
  await ask2(session, { authority, path: '/late' }).catch(() => {});
  await ask2(session, { authority, method: 'POST', path: '/' }).catch(() => {});
  await until(() => observation.status);
  const [late, early] = observation.of('response_end');
  expect(late).toMatchObject({ response_bytes: 4, eos: { reset_error_code: 2 } });
  expect(late).toHaveProperty('since_response_init');
  expect(early).toMatchObject({ eos: { reset_error_code: 11 } });
  expect(early).not.toHaveProperty('since_response_init');
  expect(observation.events[0]).not.toHaveProperty('http.request_init.headers');
  expect(late).not.toHaveProperty('trailers');
});

test('only what matches is told, to each of two viewers', async () => {
  const { taps, observe } = await tapped();
  const { port } = await lab.http1App((_message, response) => response.end());
  const outbound = await outboundTo(port, taps);
  const gets = await observe({ limit: 10, match: { http: { method: { registered: 'GET' } } } });
  const web = await observe({
    limit: 1,
    match: {
      all: {
        matches: [
          { destination_label: { key: 'deployment', value: 'web' } },
          { destination: { netmask: { ip: { ipv4: 0x7f000000 }, mask: 8 } } },
          { not: { http: { path: { prefix: '/health' } } } },
        ],
      },
    },
  });
  const ask = (method: string, path: string) => ask1({ port: outbound, authority, method, path });
  await ask('GET', '/health');
  await ask('POST', '/a');
  await ask('GET', '/b');
  await until(() => web.status);
  await until(() => gets.events.length === 6);
  const paths = (it: Observation) => it.of('request_init').map(({ path }) => path);
  expect([paths(web), paths(gets)]).toEqual([['/a'], ['/health', '/b']]);
  expect(gets.status).toBeUndefined();
  gets.close();
  await until(() => taps.size === 0);
});

/** A limit of 1, and a match of so many times `not`, as no encoder would write it. */
function nested(depth: number): Buffer {
  const levels: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    const head = Buffer.from([0x1a, ...varint(length)]);
    levels.push(head);
    length += head.length;
  }
  return Buffer.concat([Buffer.from([0x08, 1, 0x12, ...varint(length)]), ...levels.reverse()]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

describe('a call is refused', () => {
  test.each<[details: string, request: Message]>([
    ['limit: must be more than 0', { match: everything }],
    ['match: missing', { limit: 1 }],
    [
      'match.all.matches[0].http.method: not an HTTP method',
      { limit: 1, match: { all: { matches: [{ http: { method: {} } }] } } },
    ],
  ])('%s', async (details, request) => {
    const { observe } = await tapped();
    expect((await observe(request)).status).toEqual({ code: status.INVALID_ARGUMENT, details });
  });

  test('by its depth or size, without harm', async () => {
    const { observe, taps } = await tapped();
    let deep: Message = everything;
    for (let depth = 0; depth < 50; depth++) deep = { not: deep };
    expect((await observe({ limit: 1, match: deep })).status).toEqual({
      code: status.INVALID_ARGUMENT,
      details: 'match: deeper than 32 levels',
    });
    expect((await observe(nested(3))).status?.details).toBe('match.not.not.not: missing');
    expect([status.INVALID_ARGUMENT, status.INTERNAL]).toContain((await observe(nested(4_000))).status?.code);
    expect((await observe(nested(10_000))).status?.code).toBe(status.RESOURCE_EXHAUSTED);
    const long = { http: { path: { exact: 'x'.repeat(20_000) } } };
    expect((await observe({ limit: 1, match: long })).status?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(taps.size).toBe(0);
  });
});

describe('a viewer that takes nothing', () => {
  /** A client that stops to read once it has asked. */
  async function stalledViewer(address: string) {
    const sockets: net.Socket[] = [];
    const session = http2.connect(`http://${address}`, {
      createConnection: (url) => {
        const socket = net.connect({ host: url.hostname, port: Number(url.port) });
        sockets.push(socket);
        return socket;
      },
    });
    session.on('error', () => {});
    lab.defer(() => session.destroy());
    const path = '/io.linkerd.proxy.tap.Tap/Observe';
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    // limit 100,000; all of nothing
    const message = Buffer.from([0x08, 0xa0, 0x8d, 0x06, 0x12, 0x02, 0x0a, 0x00]);
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
    await new Promise((resolve) => stream.on('response', resolve));
    return session;
  }

  test('loses events, and nobody else does', async () => {
    const { taps, server, observe, counted } = await tapped();
    await stalledViewer(server.address);
    const reader = await observe({ limit: 5_000, match: everything });
    for (let round = 0; round < 5_000; round++) {
      taps.observer.request(requestStart({ head: { path: `/${round}` } })).ended(requestEnd());
      if (round % 50 === 0) await until(() => reader.events.length >= 2 * round);
    }
    await until(() => reader.status);
    expect(reader.events).toHaveLength(10_000);
    const dropped = await counted('conduit_tap_events_dropped_total');
    const sent = await counted('conduit_tap_events_sent_total');
    expect(dropped).toBeGreaterThan(5_000);
    expect(dropped + sent).toBe(20_000 - 400);
  });

  test('is cut off', async () => {
    const { taps, server } = await tapped({ stuckMs: 100 });
    const session = await stalledViewer(server.address);
    await until(() => {
      for (let round = 0; round < 100; round++) taps.observer.request(requestStart()).ended(requestEnd());
      return taps.size === 0;
    });
    await until(() => session.destroyed);
    expect(lab.lines).toMatchObject([{ msg: 'a tap is cut off, whose client takes nothing', stuckMs: 100 }]);
  });
});

test('the end of the proxy ends its taps', async () => {
  const { server, observe } = await tapped();
  const observation = await observe({ limit: 1, match: everything });
  await server.close();
  await until(() => observation.status);
  expect(observation.status).toEqual({ code: status.UNAVAILABLE, details: 'the proxy is stopping' });
});

test('a client of another make, with the contract at hand, taps as well', async () => {
  const { taps, server } = await tapped();
  const url = `http://${server.address}/io.linkerd.proxy.tap.Tap/Observe`;
  const request = JSON.stringify({ limit: 1, match: { all: {} } });
  const options = '--http2-prior-knowledge --protocol grpc --schema proto'.split(' ');
  const curl = promisify(execFile)('node_modules/.bin/buf', ['curl', ...options, '-d', request, url]);
  await until(() => taps.size === 1, { timeoutMs: 15_000 });
  taps.observer.request(requestStart({ head: { method: 'PURGE' } })).ended(requestEnd({ responseBytes: 3 }));
  const { stdout } = await curl;
  expect(stdout).toMatch(/"unregistered": ?"PURGE"/);
  expect(stdout).toMatch(/"responseBytes": ?"3"/);
}, 20_000);

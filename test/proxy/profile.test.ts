import http2 from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Message, weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1, ask2, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';

/** A proxy that is told this profile, and these ports as endpoints. */
async function outbound(profile: Message, ...ports: readonly number[]): Promise<number> {
  const addrs = ports.map((port) => weighted('127.0.0.1', port));
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } }, () => ({
    fully_qualified_name: authority,
    ...profile,
  }));
  return (await lab.proxy({ destinationAddress: destination.address })).outboundPort;
}

const budget = { retry_ratio: 0.2, min_retries_per_second: 10, ttl: { seconds: '10' } };
const path = (regex: string): Message => ({ path: { regex } });
const retryable: Message = { condition: path('/.*'), is_retryable: true };

/** An application that fails the first `times` requests for each path. */
async function flaky(times: number, status = 503): Promise<{ port: number; seen: () => number }> {
  const failures = new Map<string, number>();
  let requests = 0;
  const { port } = await lab.http1App((message, response) => {
    void buffer(message).then((body) => {
      requests += 1;
      const before = failures.get(message.url ?? '') ?? 0;
      failures.set(message.url ?? '', before + 1);
      if (before < times) response.writeHead(status).end('failed');
      else response.end(`ok ${body.toString()}`);
    });
  });
  return { port, seen: () => requests };
}

describe('retries', () => {
  test('hide a failure of a retryable route, with its content', async () => {
    const app = await flaky(2);
    const port = await outbound({ routes: [retryable], retry_budget: budget }, app.port);
    const answer = await ask1({ port, authority, method: 'POST', body: 'hello' });
    expect([answer.status, answer.body, app.seen()]).toEqual([200, 'ok hello', 3]);
  });

  test('are not for other routes', async () => {
    const app = await flaky(1);
    const port = await outbound({ routes: [{ condition: path('/a') }], retry_budget: budget }, app.port);
    expect((await ask1({ port, authority, path: '/a' })).status).toBe(503);
    expect((await ask1({ port, authority, path: '/b' })).status).toBe(503);
    expect(app.seen()).toBe(2);
  });

  test('are not for what a class calls a success', async () => {
    const app = await flaky(1, 404);
    const classes = [{ condition: { status: { min: 404, max: 404 } }, is_failure: true }];
    const port = await outbound(
      { routes: [{ ...retryable, response_classes: classes }], retry_budget: budget },
      app.port,
    );
    expect((await ask1({ port, authority })).status).toBe(200);
    const other = await flaky(1, 503);
    const good = [{ condition: { status: { min: 503, max: 503 } }, is_failure: false }];
    const port2 = await outbound(
      { routes: [{ ...retryable, response_classes: good }], retry_budget: budget },
      other.port,
    );
    expect((await ask1({ port: port2, authority })).status).toBe(503);
  });

  test('end with the budget', async () => {
    const app = await flaky(1_000);
    const port = await outbound(
      { routes: [retryable], retry_budget: { ...budget, min_retries_per_second: 0, retry_ratio: 0.1 } },
      app.port,
    );
    for (let round = 0; round < 30; round++) await ask1({ port, authority });
    expect(app.seen()).toBe(33);
  });

  test('end with what is kept of the content', async () => {
    const app = await flaky(1);
    const port = await outbound({ routes: [retryable], retry_budget: budget }, app.port);
    const small = await ask1({ port, authority, path: '/1', method: 'POST', body: 'x'.repeat(60_000) });
    const big = await ask1({ port, authority, path: '/2', method: 'POST', body: 'x'.repeat(70_000) });
    expect([small.status, big.status, small.body.length]).toEqual([200, 503, 60_003]);
  });

  test('know gRPC statuses', async () => {
    let requests = 0;
    const { port: appPort } = await lab.http2App((stream) => {
      requests += 1;
      if (requests === 1) {
        stream.respond({ 'grpc-status': '14' }, { endStream: true });
        return;
      }
      stream.respond({}, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end('ok');
    });
    const port = await outbound({ routes: [retryable], retry_budget: budget }, appPort);
    const answer = await ask2(lab.http2Client(port), {
      authority,
      method: 'POST',
      headers: { 'content-type': 'application/grpc' },
      body: 'x',
    });
    expect([answer.body, answer.trailers, requests]).toEqual(['ok', { 'grpc-status': '0' }, 2]);
  });
});

describe('timeouts', () => {
  test('are 504, and the application is told', async () => {
    let left = 0;
    const { port: appPort } = await lab.http1App((_message, response) => {
      response.on('close', () => (left += 1));
    });
    const port = await outbound(
      { routes: [{ condition: path('/.*'), timeout: { nanos: 100_000_000 } }] },
      appPort,
    );
    const answer = await ask1({ port, authority });
    expect([answer.status, answer.headers['l5d-proxy-error']]).toEqual([
      504,
      "outbound proxy of web-1.shop: no answer within the route's timeout of 100 ms",
    ]);
    expect(answer.headers['l5d-proxy-connection']).toBeUndefined();
    await until(() => left === 1);
  });

  test('are DEADLINE_EXCEEDED for gRPC', async () => {
    const seen: number[] = [];
    const { port: appPort } = await lab.http2App((stream) => {
      stream.on('close', () => seen.push(stream.rstCode));
    });
    const port = await outbound(
      { routes: [{ condition: path('/.*'), timeout: { nanos: 100_000_000 } }] },
      appPort,
    );
    const answer = await ask2(lab.http2Client(port), {
      authority,
      headers: { 'content-type': 'application/grpc' },
    });
    expect([answer.status, answer.headers['grpc-status']]).toEqual([200, '4']);
    await until(() => seen.length > 0);
    expect(seen).toEqual([http2.constants.NGHTTP2_CANCEL]);
  });
});

test('a split sends each part to its own authority', async () => {
  const named = async (name: string): Promise<number> =>
    (await lab.http1App((_message, response) => response.end(name))).port;
  const [blue, green] = [await named('blue'), await named('green')];
  const destination = await lab.destination(
    {
      'blue.shop.svc.cluster.local:80': { addrs: [weighted('127.0.0.1', blue)] },
      'green.shop.svc.cluster.local:80': { addrs: [weighted('127.0.0.1', green)] },
      [`${authority}:80`]: { addrs: [] },
    },
    () => ({
      fully_qualified_name: authority,
      dst_overrides: [
        { authority: 'blue.shop.svc.cluster.local:80', weight: 7_500 },
        { authority: 'green.shop.svc.cluster.local:80', weight: 2_500 },
        { authority: 'red.shop.svc.cluster.local:80', weight: 0 },
      ],
    }),
  );
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const { outboundPort: port } = await lab.proxy({ destinationAddress: destination.address, random });
  const counts: Record<string, number> = {};
  for (let round = 0; round < 400; round++) {
    const { body } = await ask1({ port, authority });
    counts[body] = (counts[body] ?? 0) + 1;
  }
  expect(Object.keys(counts).sort()).toEqual(['blue', 'green']);
  expect(counts['blue']! / 400).toBeCloseTo(0.75, 1);
});

test('an endpoint in the profile of an address is used as it is', async () => {
  const { port: appPort } = await lab.http1App((message, response) => {
    response.end(`${message.headers.host} ${message.httpVersion}`);
  });
  const sidecar = await lab.sidecar(appPort);
  const destination = await lab.destination({}, () => ({
    endpoint: weighted('127.0.0.1', sidecar, { protocol_hint: { h2: {} } }),
  }));
  const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
  expect((await ask1({ port: outboundPort, authority: '10.1.2.3:8080' })).body).toBe('10.1.2.3:8080 1.1');
  expect(destination.callsOf('Get')).toBe(0);
});

test('a change of the profile applies to the next request, and a pattern that is unusable is logged once', async () => {
  const { port: appPort } = await lab.http1App(() => {});
  const calls: { send(message: Message): void }[] = [];
  const { ScriptedDestination } = await import('../client/scripted-destination.js');
  const server = await ScriptedDestination.listen({
    answer: (call) => {
      if (call.method === 'Get') {
        call.add([weighted('127.0.0.1', appPort)]);
        return;
      }
      calls.push(call);
      call.send({ routes: [{ condition: path('/.*'), timeout: { nanos: 50_000_000 } }] });
    },
  });
  lab.defer(() => server.kill());
  const { outboundPort: port } = await lab.proxy({ destinationAddress: server.address });
  expect((await ask1({ port, authority })).headers['l5d-proxy-error']).toContain('timeout of 50 ms');
  const routes = [
    { condition: path('[[:alpha:]]'), timeout: { nanos: 10_000_000 } },
    { condition: path('/.*'), timeout: { nanos: 60_000_000 } },
  ];
  for (const call of calls) {
    call.send({ routes });
    call.send({ routes });
  }
  await until(async () =>
    (await ask1({ port, authority })).headers['l5d-proxy-error']?.includes('timeout of 60 ms'),
  );
  expect(
    lab.lines.filter((line) => line['msg'] === 'a route of the profile can match nothing'),
  ).toMatchObject([{ regex: '[[:alpha:]]', authority: `${authority}:80` }]);
});

test('a control plane without profiles is asked once for each name', async () => {
  const { port: appPort } = await lab.http1App((_message, response) => response.end('ok'));
  const destination = await lab.destination({
    [`${authority}:80`]: { addrs: [weighted('127.0.0.1', appPort)] },
  });
  const { outboundPort: port } = await lab.proxy({ destinationAddress: destination.address });
  for (let round = 0; round < 5; round++) expect((await ask1({ port, authority })).body).toBe('ok');
  expect(lab.lines.filter((line) => line['msg'] === 'no profile')).toMatchObject([{ code: 'UNIMPLEMENTED' }]);
});

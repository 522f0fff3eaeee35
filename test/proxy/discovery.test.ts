import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedDestination, tcp, weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';

async function named(name: string): Promise<number> {
  const { port } = await lab.http1App((_message, response) => response.end(name));
  return port;
}

test('asks once for a name, however it is written, with what is known about the client', async () => {
  const port = await named('a');
  const destination = await lab.destination({
    [`${authority}:80`]: { addrs: [weighted('127.0.0.1', port)] },
  });
  const proxy = await lab.proxy({ destinationAddress: destination.address, contextToken: '{"ns":"shop"}' });
  const asked = [authority, `${authority}:80`, `${authority}.`, authority.toUpperCase()];
  const answers = await Promise.all(asked.map((it) => ask1({ port: proxy.outboundPort, authority: it })));
  expect(answers.map((it) => it.body)).toEqual(['a', 'a', 'a', 'a']);
  expect(destination.calls).toBe(1);
});

test('a name that the control plane refuses is where DNS says', async () => {
  const port = await named('outside');
  const destination = await lab.destination({});
  const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
  expect((await ask1({ port: outboundPort, authority: `localhost:${port}` })).body).toBe('outside');
  const unknown = await ask1({ port: outboundPort, authority: 'nowhere.invalid:81' });
  expect([unknown.status, unknown.headers['l5d-proxy-error']]).toEqual([
    502,
    'outbound proxy of web-1.shop: cannot connect to nowhere.invalid:81: the name does not resolve',
  ]);
});

test('endpoints that come are used, ones that go finish what they have', async () => {
  let answerSlow: (() => void) | undefined;
  const slow = await lab.http1App((message, response) => {
    if (message.url === '/slow') answerSlow = () => response.end('slow');
    else response.end('old');
  });
  const next = await named('new');
  const server = await ScriptedDestination.listen({ serves: ['Get'] });
  lab.defer(() => server.kill());
  const { outboundPort: port } = await lab.proxy({ destinationAddress: server.address });
  const running = ask1({ port, authority, path: '/slow' });
  const call = await server.nextCall();
  call.add([weighted('127.0.0.1', slow.port)]);
  await until(() => answerSlow);

  call.add([weighted('127.0.0.1', next)]);
  call.remove(tcp('127.0.0.1', slow.port));
  await until(async () => (await ask1({ port, authority })).body === 'new');
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask1({ port, authority })));
  expect(new Set(answers.map((it) => it.body))).toEqual(new Set(['new']));
  answerSlow?.();
  expect((await running).body).toBe('slow');
  // Its connections end with the last request.
  await until(() => new Promise((resolve) => slow.server.getConnections((_, count) => resolve(count === 0))));
});

test('what is known survives the control plane, and the next one replaces it', async () => {
  const [first, second] = [await named('first'), await named('second')];
  const one = await ScriptedDestination.listen({ serves: ['Get'] });
  const { outboundPort: port } = await lab.proxy({ destinationAddress: one.address });
  const answer = ask1({ port, authority });
  (await one.nextCall()).add([weighted('127.0.0.1', first)]);
  expect((await answer).body).toBe('first');

  one.kill();
  await until(() => lab.lines.some((line) => line['msg'] === 'lost the control plane'));
  const away = await Promise.all(Array.from({ length: 20 }, () => ask1({ port, authority })));
  expect(new Set(away.map((it) => it.body))).toEqual(new Set(['first']));

  const two = await ScriptedDestination.listen({ port: one.port, serves: ['Get'] });
  lab.defer(() => two.kill());
  (await two.nextCall()).add([weighted('127.0.0.1', second)]);
  await until(async () => (await ask1({ port, authority })).body === 'second');
});

test('a request waits for the first endpoint of a service', async () => {
  const appPort = await named('late');
  const server = await ScriptedDestination.listen({ serves: ['Get'] });
  lab.defer(() => server.kill());
  const { outboundPort: port } = await lab.proxy({ destinationAddress: server.address });
  const answer = ask1({ port, authority });
  const call = await server.nextCall();
  call.noEndpoints(true);
  call.add([weighted('127.0.0.1', appPort)]);
  expect((await answer).body).toBe('late');
});

test('a name that nobody asks for any more is not followed any more', async () => {
  const port = await named('a');
  const server = await ScriptedDestination.listen({ serves: ['Get'] });
  lab.defer(() => server.kill());
  const proxy = await lab.proxy({ destinationAddress: server.address, discoveryIdleMs: 100 });
  const answer = ask1({ port: proxy.outboundPort, authority });
  const call = await server.nextCall();
  call.add([weighted('127.0.0.1', port)]);
  await answer;
  await until(() => call.cancelled);
  const again = ask1({ port: proxy.outboundPort, authority });
  (await server.nextCall()).add([weighted('127.0.0.1', port)]);
  expect((await again).body).toBe('a');
});

test('an authority that the endpoint asks for is sent in place of the client’s', async () => {
  const { port } = await lab.http1App((message, response) => response.end(message.headers.host));
  const addr = weighted('127.0.0.1', port, {
    authority_override: { authority_override: 'remote.example:80' },
  });
  const destination = await lab.destination({ [`${authority}:80`]: { addrs: [addr] } });
  const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
  expect((await ask1({ port: outboundPort, authority })).body).toBe('remote.example:80');
});

test('weights are respected', async () => {
  const [heavy, light] = [await named('heavy'), await named('light')];
  const addrs = [
    weighted('127.0.0.1', heavy, { weight: 9_000 }),
    weighted('127.0.0.1', light, { weight: 1_000 }),
  ];
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
  const { outboundPort: port } = await lab.proxy({ destinationAddress: destination.address });
  const counts: Record<string, number> = {};
  for (let round = 0; round < 300; round++) {
    const { body } = await ask1({ port, authority });
    counts[body] = (counts[body] ?? 0) + 1;
  }
  // Which of the two is chosen depends on times too; by weight alone it is 270 to 30.
  expect(counts['heavy']).toBeGreaterThan(200);
});

test('an idle connection that the server closes does no harm', async () => {
  const { port, server } = await lab.http1App((_message, response) => response.end('ok'));
  server.keepAliveTimeout = 50;
  const destination = await lab.destination({
    [`${authority}:80`]: { addrs: [weighted('127.0.0.1', port)] },
  });
  const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
  const agent = new http.Agent({ keepAlive: true });
  lab.defer(() => agent.destroy());
  for (let round = 0; round < 5; round++) {
    const closed = once(server, 'connection').then(
      ([socket]) => new Promise((resolve) => (socket as { on: typeof server.on }).on('close', resolve)),
    );
    const request = http.request({
      port: outboundPort,
      host: '127.0.0.1',
      method: 'POST',
      headers: { host: authority },
      agent,
    });
    request.end('x');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect((await buffer(response)).toString()).toBe('ok');
    await closed;
  }
});

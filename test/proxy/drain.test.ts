import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../kit/until.js';
import { ask1, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** A proxy with an application that answers when it is told to. */
async function withHeldApp() {
  const held: http.ServerResponse[] = [];
  const { port } = await lab.http1App((message, response) => {
    message.resume();
    if (message.url === '/held') held.push(response);
    else response.end('ok');
  });
  const inbound = [
    { listen: { host: '127.0.0.1', port: 0 }, forward: { host: '127.0.0.1', port }, isOpaque: false },
  ];
  const proxy = await lab.proxy({ outbound: undefined, inbound });
  return { proxy, held };
}

test('stopping finishes what runs, and closes what is idle', async () => {
  const { proxy, held } = await withHeldApp();
  const port = proxy.inboundPort;
  const agent = new http.Agent({ keepAlive: true });
  lab.defer(() => agent.destroy());
  await ask1({ port, authority: 'a', agent });
  const idle = Object.values(agent.freeSockets)[0]?.[0];
  const running = ask1({ port, authority: 'a', path: '/held', agent: new http.Agent({ keepAlive: true }) });
  const session = lab.http2Client(port);
  await once(session, 'connect');
  let goneAway = false;
  session.on('goaway', () => (goneAway = true));
  const stream = session.request({ ':path': '/held2' });
  stream.resume();
  await until(() => held.length === 1);
  stream.close();

  let isStopped = false;
  const stopping = proxy.stop({ graceMs: 30_000 }).then(() => (isStopped = true));
  await until(() => idle?.destroyed);
  await until(() => goneAway);
  await expect(once(net.connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  expect(isStopped).toBe(false);
  held[0]?.end('done');
  const answer = await running;
  expect([answer.body, answer.headers.connection]).toEqual(['done', 'close']);
  await stopping;
});

test('an idle proxy stops at once', async () => {
  const { proxy } = await withHeldApp();
  const startedMs = performance.now();
  await proxy.stop({ graceMs: 30_000 });
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('what does not end in time is cut, and said', async () => {
  const { proxy, held } = await withHeldApp();
  const running = ask1({ port: proxy.inboundPort, authority: 'a', path: '/held' }).catch(
    (error: Error) => error.message,
  );
  await until(() => held.length === 1);
  await proxy.stop({ graceMs: 50 });
  expect(await running).toMatch(/socket hang up|ECONNRESET/);
  expect(lab.lines).toContainEqual(
    expect.objectContaining({ msg: 'connections are cut that did not end in time', connections: 1 }),
  );
});

import { once } from 'node:events';
import http from 'node:http';
import { expect, test } from 'vitest';
import { pod, pods, testStore, written } from '../store/kit.js';
import { testApi } from './kit.js';

const path = '/api/v1/namespaces/web/pods/a/portforward';
const websocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol': 'v5.channel.k8s.io, v4.channel.k8s.io',
};

async function lab() {
  const store = testStore();
  const object = written(store.create(pods, pod('a', { nodeName: 'n' })));
  written(store.create(pods, pod('waiting')));
  const status = { phase: 'Running', podIP: '127.0.0.1' };
  written(store.update(pods, { ...object, status }, { subresource: 'status' }));
  const { api } = await testApi({ store });
  /** The status that a request is refused with, and the message of its Status; 101 where it isn't. */
  return async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    const request = http.request(`${api.url}${url}`, { headers: { ...websocket, ...headers }, agent: false });
    request.end();
    const answer = await Promise.race([
      once(request, 'response').then(([response]) => response as http.IncomingMessage),
      once(request, 'upgrade').then(([response, socket]) => {
        socket.destroy();
        return response as http.IncomingMessage;
      }),
    ]);
    if (answer.statusCode === 101) return `101 ${String(answer.headers['sec-websocket-protocol'])}`;
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    return `${answer.statusCode} ${JSON.parse(text).message}`;
  };
}

test('a port of a running pod is forwarded over a WebSocket', async () => {
  const upgrade = await lab();
  expect(await upgrade(`${path}?ports=1`)).toBe('101 v4.channel.k8s.io');
});

test('what can not be forwarded is refused with a Status', async () => {
  const upgrade = await lab();
  expect(await upgrade(`${path.replace('/a/', '/b/')}?ports=1`)).toBe('404 pods "b" not found');
  expect(await upgrade(`${path.replace('/a/', '/waiting/')}?ports=1`)).toBe('400 pod waiting is not running');
  for (const ports of ['', '?ports=', '?ports=0', '?ports=65536', '?ports=1,x', '?ports=1.5']) {
    expect(await upgrade(`${path}${ports}`)).toBe('400 ports: must be numbers from 1 to 65535');
  }
  expect(await upgrade('/api/v1/pods')).toBe('404 nothing is upgraded here');
});

test("kubectl's protocol and a web page are refused", async () => {
  const upgrade = await lab();
  const onlyWebSockets =
    '400 ports are forwarded over WebSockets with the subprotocol v4.channel.k8s.io only';
  expect(await upgrade(`${path}?ports=1`, { upgrade: 'SPDY/3.1' })).toBe(onlyWebSockets);
  expect(await upgrade(`${path}?ports=1`, { 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' })).toBe(
    onlyWebSockets,
  );
  expect(await upgrade(`${path}?ports=1`, { origin: 'http://evil.example' })).toBe(
    '403 a web page may not forward ports',
  );
});

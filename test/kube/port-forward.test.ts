import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { CredentialSource } from '../../src/kube/cluster.js';
import { type Credentials, noCredentials } from '../../src/kube/credentials.js';
import { openPortForward } from '../../src/kube/port-forward.js';

/** An API server that refuses every upgrade, and notes what it was asked. */
async function refusing(status: number, message: string) {
  const asked: unknown[] = [];
  const server = http.createServer();
  server.on('upgrade', (request, socket) => {
    asked.push([request.url, request.headers['authorization']]);
    const body = JSON.stringify({ kind: 'Status', message, reason: 'Forbidden', code: status });
    socket.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { asked, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/`) };
}

const bearer = (token: string): Credentials => ({
  ...noCredentials,
  headers: { authorization: `Bearer ${token}` },
});

const open = (server: URL, credentials: CredentialSource) =>
  openPortForward({
    cluster: { server, description: 'test', credentials },
    namespace: 'conduit',
    pod: 'controller-1',
    port: 8085,
  });

test('a refusal is told in the words of the API server', async () => {
  const { url, asked } = await refusing(403, 'user "jane" cannot get pods/portforward');
  const credentials = bearer('a');
  const opening = open(url, { get: async () => credentials, renew: async () => bearer('b') });
  await expect(opening).rejects.toMatchObject({
    message: 'user "jane" cannot get pods/portforward',
    failure: { kind: 'refused', status: 403 },
  });
  expect(asked).toEqual([
    ['/k8s/api/v1/namespaces/conduit/pods/controller-1/portforward?ports=8085', 'Bearer a'],
  ]);
});

test('rejected credentials are renewed once', async () => {
  const { url, asked } = await refusing(401, 'Unauthorized');
  const opening = open(url, { get: async () => bearer('a'), renew: async () => bearer('b') });
  await expect(opening).rejects.toMatchObject({ failure: { kind: 'refused', status: 401 } });
  expect(asked).toMatchObject([
    [expect.anything(), 'Bearer a'],
    [expect.anything(), 'Bearer b'],
  ]);
});

test('an API server that is not there is a failed connection', async () => {
  const credentials = { get: async () => noCredentials, renew: async () => noCredentials };
  await expect(open(new URL('http://127.0.0.1:1'), credentials)).rejects.toMatchObject({
    failure: { kind: 'connection' },
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

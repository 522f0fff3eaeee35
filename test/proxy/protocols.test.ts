import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { weighted } from '../client/scripted-destination.js';
import { ask1, ask2, type Answer, type Ask, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';
const key = `${authority}:80`;

/** An application that says what it was asked, in either protocol, with trailers. */
async function echo(protocol: 'http1' | 'http2'): Promise<number> {
  if (protocol === 'http1') {
    const { port } = await lab.http1App((request, response) => {
      void buffer(request).then((body) => {
        const seen = {
          version: request.httpVersion,
          method: request.method,
          url: request.url,
          headers: request.rawHeaders,
          body: body.toString(),
          trailers: request.trailers,
        };
        response.setHeader('content-type', 'application/json');
        if (request.method === 'HEAD') {
          response.end();
          return;
        }
        response.writeHead(200, { trailer: 'x-sum' });
        response.write(JSON.stringify(seen));
        response.addTrailers({ 'x-sum': '42' });
        response.end();
      });
    });
    return port;
  }
  const { port } = await lab.http2App((stream, headers) => {
    let trailers = {};
    stream.on('trailers', (it) => {
      trailers = { ...it };
    });
    void buffer(stream).then((body) => {
      const { ':path': url, ':method': method, ':authority': host, ':scheme': _, ...rest } = headers;
      const seen = {
        version: '2.0',
        method,
        url,
        headers: { host, ...rest },
        body: body.toString(),
        trailers,
      };
      stream.respond({ ':status': 200, 'content-type': 'application/json' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
      stream.end(JSON.stringify(seen));
    });
  });
  return port;
}

async function mesh(app: 'http1' | 'http2', hint: boolean): Promise<number> {
  const sidecar = await lab.sidecar(await echo(app));
  const addr = weighted('127.0.0.1', sidecar, hint ? { protocol_hint: { h2: {} } } : {});
  const destination = await lab.destination({ [key]: { addrs: [addr] } });
  const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
  return outboundPort;
}

describe.each([
  { client: 'http1', app: 'http1', hint: false },
  { client: 'http1', app: 'http1', hint: true },
  { client: 'http2', app: 'http2', hint: false },
  { client: 'http2', app: 'http2', hint: true },
] as const)('$client client, $app application, h2 hint $hint', ({ client, app, hint }) => {
  async function ask(port: number, what: Omit<Ask, 'port'>): Promise<Answer> {
    return client === 'http1' ? ask1({ port, ...what }) : ask2(lab.http2Client(port), what);
  }

  test('passes a request without content', async () => {
    const answer = await ask(await mesh(app, hint), {
      authority,
      path: '/a?b=c',
      headers: { 'X-Case': 'Kept' },
    });
    expect(answer.status).toBe(200);
    const seen = JSON.parse(answer.body);
    expect(seen).toMatchObject({
      version: app === 'http1' ? '1.1' : '2.0',
      method: 'GET',
      url: '/a?b=c',
      body: '',
    });
    expect(JSON.stringify(seen.headers)).not.toContain('l5d');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('l5d'))).toEqual([]);
    expect(answer.trailers).toEqual({ 'x-sum': '42' });
  });

  test('passes content and trailers both ways', async () => {
    const answer = await ask(await mesh(app, hint), {
      authority,
      method: 'POST',
      body: 'hello',
      trailers: { 'x-checksum': 'abc' },
      headers: client === 'http1' ? { 'transfer-encoding': 'chunked', trailer: 'x-checksum' } : {},
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      method: 'POST',
      body: 'hello',
      trailers: { 'x-checksum': 'abc' },
    });
    expect(answer.trailers).toEqual({ 'x-sum': '42' });
  });

  test('answers HEAD without content', async () => {
    const answer = await ask(await mesh(app, hint), { authority, method: 'HEAD' });
    expect([answer.status, answer.body]).toEqual([200, '']);
  });
});

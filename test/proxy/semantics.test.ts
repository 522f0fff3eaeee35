import { once } from 'node:events';
import http from 'node:http';
import type http2 from 'node:http2';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../kit/until.js';
import { ask1, Lab } from './lab.js';

// Requests go through two sidecars, whose names nobody knows: the outbound one forwards them to where they say.

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** Two sidecars in front of an application; `authority` is what to ask the outbound one for. */
async function between(appPort: number): Promise<{ port: number; authority: string }> {
  const sidecar = await lab.sidecar(appPort);
  const { outboundPort } = await lab.proxy();
  return { port: outboundPort, authority: `127.0.0.1:${sidecar}` };
}

/** Sends text on a connection and returns all that comes back until it ends. */
async function raw(port: number, text: string, { end = false } = {}): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  lab.defer(() => socket.destroy());
  socket.write(text, 'latin1');
  if (end) socket.end();
  return (await buffer(socket)).toString('latin1');
}

describe('headers', () => {
  async function seenBy(request: string): Promise<readonly string[]> {
    const { port } = await lab.http1App((message, response) => {
      message.resume();
      response.end(JSON.stringify(message.rawHeaders));
    });
    const mesh = await between(port);
    const answer = await raw(mesh.port, request.replaceAll('$HOST', mesh.authority));
    const json = Buffer.from(
      answer.slice(answer.indexOf('['), answer.lastIndexOf(']') + 1),
      'latin1',
    ).toString();
    return JSON.parse(json) as string[];
  }

  test('pass as they are, in case, order and number', async () => {
    const seen = await seenBy(
      'GET / HTTP/1.1\r\nHost: $HOST\r\nX-B: 2\r\nx-A: 1\r\nX-B: 3\r\nCookie: a=1\r\nConnection: close\r\n\r\n',
    );
    expect(seen.slice(2, -2)).toEqual(['X-B', '2', 'x-A', '1', 'X-B', '3', 'Cookie', 'a=1']);
    expect(seen.slice(0, 1)).toEqual(['Host']);
    expect(seen.slice(-2)).toEqual(['connection', 'keep-alive']);
  });

  test('that belong to the connection end with it', async () => {
    const seen = await seenBy(
      [
        'GET / HTTP/1.1\r\nHost: $HOST\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5',
        'Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nTE: trailers, deflate\r\nX-Kept: 1\r\n\r\n',
      ].join('\r\n'),
    );
    expect(seen.slice(2)).toEqual(['X-Kept', '1', 'te', 'trailers', 'connection', 'te, keep-alive']);
  });

  test('of every byte a value may have', async () => {
    const seen = await seenBy(
      'GET / HTTP/1.1\r\nHost: $HOST\r\nX-Latin: \xe9\xff \t~\r\nConnection: close\r\n\r\n',
    );
    expect(seen.slice(2, 4)).toEqual(['X-Latin', '\xe9\xff \t~']);
  });

  test('cannot be unnamed by Connection where the message needs them', async () => {
    const { port } = await lab.http1App((message, response) => {
      void buffer(message).then((body) => response.end(`got ${body.toString()}`));
    });
    const mesh = await between(port);
    const request = `POST / HTTP/1.1\r\nHost: ${mesh.authority}\r\nConnection: close, content-length\r\nContent-Length: 5\r\n\r\nhello`;
    expect(await raw(mesh.port, request)).toMatch(/^HTTP\/1.1 200 OK[^]*got hello/);
  });
});

describe('framing', () => {
  test.each([
    [
      'both lengths',
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello'],
    ['chunked not last', 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['a bare CR in a header', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n'],
    ['space before the colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\nTransfer-Encoding\r\n : chunked\r\n\r\n'],
    ['a broken chunk', 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('%s is refused, and nothing reaches the application', async (_name, request) => {
    let complete = 0;
    const { port } = await lab.http1App((message, response) => {
      message.on('end', () => (complete += 1));
      message.resume();
      response.end();
    });
    const inbound = await lab.sidecar(port);
    const answer = await raw(inbound, request, { end: true });
    expect(answer.split('\r\n')[0]).toMatch(/^(HTTP\/1.1 400 Bad Request|)$/);
    expect(complete).toBe(0);
  });

  test('two pipelined requests are answered in order', async () => {
    const { port } = await lab.http1App((message, response) => {
      if (message.url === '/1') setTimeout(() => response.end('first'), 30);
      else response.end('second');
    });
    const { port: proxyPort, authority } = await between(port);
    const answer = await raw(
      proxyPort,
      `GET /1 HTTP/1.1\r\nHost: ${authority}\r\n\r\nGET /2 HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`,
    );
    expect([...answer.matchAll(/first|second/g)].map(([word]) => word)).toEqual(['first', 'second']);
  });

  test('HTTP/1.0 gets content that ends with the connection', async () => {
    const { port } = await lab.http1App((_message, response) => {
      response.write('a');
      response.end('b');
    });
    const inbound = await lab.sidecar(port);
    const answer = await raw(inbound, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer.toLowerCase()).not.toContain('transfer-encoding');
    expect(answer.endsWith('\r\n\r\nab')).toBe(true);
  });

  test.each([204, 304])('%i has no content', async (status) => {
    const { port } = await lab.http1App((_message, response) => {
      response.writeHead(status, { etag: '"x"' }).end();
    });
    const answer = await ask1(await between(port));
    expect([answer.status, answer.body, answer.headers.etag]).toEqual([status, '', '"x"']);
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });

  test('HEAD keeps the length of what GET would give', async () => {
    const { port } = await lab.http1App((_message, response) => {
      response.writeHead(200, { 'content-length': '12345' }).end();
    });
    const answer = await ask1({ ...(await between(port)), method: 'HEAD' });
    expect([answer.headers['content-length'], answer.body]).toEqual(['12345', '']);
  });

  test('headers beyond 64 KiB are refused', async () => {
    const { port } = await lab.http1App((_message, response) => response.end());
    const inbound = await lab.sidecar(port);
    const fits = await ask1({ port: inbound, authority: 'h', headers: { 'x-big': 'a'.repeat(10_000) } });
    const big = await ask1({ port: inbound, authority: 'h', headers: { 'x-big': 'a'.repeat(70_000) } });
    expect([fits.status, big.status]).toEqual([200, 431]);
  });
});

describe('interim answers', () => {
  test('100 Continue comes from the application', async () => {
    const { port, server } = await lab.http1App(() => {});
    let isAsked = false;
    server.on('checkContinue', (message: http.IncomingMessage, response: http.ServerResponse) => {
      isAsked = true;
      response.writeContinue();
      void buffer(message).then((body) => response.end(body));
    });
    const mesh = await between(port);
    const request = http.request({
      port: mesh.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { host: mesh.authority, expect: '100-continue', 'content-length': '5' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    expect(isAsked).toBe(true);
    request.end('hello');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect((await buffer(response)).toString()).toBe('hello');
  });

  test('a refused expectation saves the content', async () => {
    const { port, server } = await lab.http1App(() => {});
    server.on('checkContinue', (_message: http.IncomingMessage, response: http.ServerResponse) => {
      response.writeHead(417, { 'content-length': '0' }).end();
    });
    const mesh = await between(port);
    const request = http.request({
      port: mesh.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { host: mesh.authority, expect: '100-continue', 'content-length': '5' },
    });
    request.on('error', () => {});
    request.flushHeaders();
    let isContinued = false;
    request.on('continue', () => (isContinued = true));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect([response.statusCode, isContinued]).toEqual([417, false]);
    request.destroy();
  });

  test('a client that leaves behind its answer, with content unsent, leaves nothing open', async () => {
    let closed = 0;
    const { port } = await lab.http2App((stream) => {
      stream.on('close', () => (closed += 1));
      stream.respond({ ':status': 413 });
      stream.end('too big');
    });
    const carrying = await lab.sidecar(port);
    const mesh = await between(carrying);
    const session = lab.http2Client(mesh.port);
    const stream = session.request({ ':method': 'POST', ':authority': mesh.authority }, { endStream: false });
    await once(stream, 'response');
    expect((await buffer(stream)).toString()).toBe('too big');
    stream.close();
    await until(() => closed === 1);

    const app1 = await lab.http1App((message, response) => {
      message.socket.on('close', () => (closed += 1));
      response.writeHead(413).end('too big');
    });
    const mesh1 = await between(app1.port);
    const socket = net.connect(mesh1.port, '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nHost: ${mesh1.authority}\r\nContent-Length: 10\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    await until(() => closed === 2);
    expect(closed).toBe(2);
  });

  test('103 Early Hints pass, from HTTP/1 and HTTP/2', async () => {
    const hints = async (port: number): Promise<unknown> => {
      const mesh = await between(port);
      const session = lab.http2Client(mesh.port);
      const stream = session.request({ ':path': '/', ':authority': mesh.authority });
      const seen: unknown[] = [];
      stream.on('headers', (headers) => seen.push([headers[':status'], headers['link']]));
      stream.resume();
      await once(stream, 'end');
      return seen;
    };
    const app2 = await lab.http2App((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' });
      stream.respond({ ':status': 200 });
      stream.end('x');
    });
    expect(await hints(app2.port)).toEqual([[103, '</a.css>; rel=preload']]);

    const app1 = await lab.http1App((_message, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('x');
    });
    const mesh = await between(app1.port);
    const request = http.get({ port: mesh.port, host: '127.0.0.1', headers: { host: mesh.authority } });
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    const [information] = (await once(request, 'information')) as [http.InformationEvent];
    expect([information.statusCode, information.headers['link']]).toEqual([103, '</a.css>; rel=preload']);
    const [response] = await answered;
    expect((await buffer(response)).toString()).toBe('x');
  });
});

describe('tunnels', () => {
  test('an upgrade becomes one', async () => {
    const { port, server } = await lab.http1App(() => {});
    server.on('upgrade', (message: http.IncomingMessage, socket: net.Socket, head: Buffer) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${message.headers.upgrade}\r\nConnection: Upgrade\r\nX-Key: ${String(message.headers['x-key'])}\r\n\r\nready `,
      );
      socket.on('error', () => {});
      if (head.length > 0) socket.unshift(head);
      socket.pipe(socket);
    });
    const mesh = await between(port);
    const socket = net.connect(mesh.port, '127.0.0.1');
    lab.defer(() => socket.destroy());
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${mesh.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: k\r\n\r\nearly `,
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text.includes('ready early '));
    expect(text).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/);
    expect(text.toLowerCase()).toContain('\r\nupgrade: websocket\r\n');
    expect(text).toContain('X-Key: k');
    socket.write('late');
    await until(() => text.endsWith('late'));
    socket.end();
    await once(socket, 'close');
  });

  test('a refused upgrade is an answer like any other', async () => {
    const { port } = await lab.http1App((_message, response) => response.writeHead(403).end('no'));
    const mesh = await between(port);
    const answer = await raw(
      mesh.port,
      `GET /ws HTTP/1.1\r\nHost: ${mesh.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[^]*no/);
  });

  test('an offer of h2c is not taken, and the request is answered', async () => {
    const { port } = await lab.http1App((message, response) => response.end(String(message.headers.upgrade)));
    const mesh = await between(port);
    const answer = await raw(
      mesh.port,
      `GET / HTTP/1.1\r\nHost: ${mesh.authority}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*undefined/);
  });

  async function echoServer(): Promise<number> {
    return lab.listen(
      net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {});
        socket.pipe(socket);
      }),
    );
  }

  test('CONNECT by HTTP/1, with the halves ending apart', async () => {
    const target = await echoServer();
    const { outboundPort } = await lab.proxy();
    const answer = await raw(
      outboundPort,
      `CONNECT 127.0.0.1:${target} HTTP/1.1\r\nHost: 127.0.0.1:${target}\r\n\r\nbytes`,
      { end: true },
    );
    expect(answer).toBe('HTTP/1.1 200 OK\r\n\r\nbytes');
  });

  test('CONNECT by HTTP/2', async () => {
    const target = await echoServer();
    const { outboundPort } = await lab.proxy();
    const stream = lab.http2Client(outboundPort).request({
      ':method': 'CONNECT',
      ':authority': `127.0.0.1:${target}`,
    });
    stream.end('bytes');
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    expect(headers[':status']).toBe(200);
    expect((await buffer(stream)).toString()).toBe('bytes');
  });

  test('CONNECT to where nothing listens is refused', async () => {
    const { outboundPort } = await lab.proxy();
    const answer = await raw(outboundPort, 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    expect(answer).toContain(
      'outbound proxy of web-1.shop: cannot connect to 127.0.0.1:1: connection refused',
    );
  });
});

describe('targets', () => {
  test('in absolute form go where they say, whatever Host says', async () => {
    const { port } = await lab.http1App((message, response) => {
      response.end(`${message.url} ${message.headers.host}`);
    });
    const mesh = await between(port);
    const answer = await ask1({
      port: mesh.port,
      path: `http://${mesh.authority}/a?b`,
      authority: 'elsewhere',
    });
    expect(answer.body).toBe(`/a?b ${mesh.authority}`);
  });

  test('without a host are refused', async () => {
    const { outboundPort } = await lab.proxy();
    const answer = await raw(outboundPort, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request/);
    expect(answer).toContain('l5d-proxy-error: outbound proxy of web-1.shop: the request names no host');
  });

  test('that are this proxy itself are refused', async () => {
    const { outboundPort } = await lab.proxy();
    const answer = await ask1({ port: outboundPort, authority: `127.0.0.1:${outboundPort}` });
    expect([answer.status, answer.headers['l5d-proxy-error']]).toEqual([
      508,
      `outbound proxy of web-1.shop: 127.0.0.1:${outboundPort} is this proxy itself`,
    ]);
  });
});

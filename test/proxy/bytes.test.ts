import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProxyOptions } from '../../src/proxy/proxy.js';
import { ScriptedDestination, weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

function connect(port: number): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  lab.defer(() => socket.destroy());
  return socket;
}

async function server(onSocket: (socket: net.Socket) => void): Promise<number> {
  return lab.listen(
    net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      lab.defer(() => socket.destroy());
      onSocket(socket);
    }),
  );
}

/** All that comes, once it has ended. The socket stays open for writing, which node:stream/consumers doesn't leave it. */
async function collect(socket: net.Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await once(socket, 'end');
  return text;
}

/** Answers with all it was sent, once that has ended. */
const reflect = (socket: net.Socket): void => {
  void collect(socket).then((text) => socket.end(`<${text}>`));
};

function inboundTo(port: number, isOpaque: boolean): Partial<ProxyOptions> {
  return {
    outbound: undefined,
    inbound: [{ listen: { host: '127.0.0.1', port: 0 }, forward: { host: '127.0.0.1', port }, isOpaque }],
  };
}

describe('inbound', () => {
  test('bytes that are no HTTP pass, with the halves ending apart', async () => {
    const { inboundPort } = await lab.proxy(inboundTo(await server(reflect), false));
    for (const text of [
      'get key\r\n',
      'EHLO x\r\n',
      '\0\x01\x02',
      '*1\r\n$4\r\nPING\r\n',
      'G',
      'PRI * HTTP/2.0',
    ]) {
      const socket = connect(inboundPort);
      socket.end(text);
      expect(await collect(socket)).toBe(`<${text}>`);
    }
  });

  test('a server that speaks first is heard after the detection timeout', async () => {
    const port = await server((socket) => socket.write('220 ready'));
    const { inboundPort } = await lab.proxy({ ...inboundTo(port, false), detectMs: 50 });
    const [chunk] = (await once(connect(inboundPort), 'data')) as [Buffer];
    expect(chunk.toString()).toBe('220 ready');
  });

  test('a port that the control plane calls opaque is not looked into, as long as it does', async () => {
    const appPort = await server((socket) => socket.write('220 ready'));
    const destination = await ScriptedDestination.listen({ serves: ['GetProfile'] });
    lab.defer(() => destination.kill());
    const { inboundPort } = await lab.proxy({
      ...inboundTo(appPort, false),
      destinationAddress: destination.address,
      detectMs: 60_000,
    });
    const call = await destination.nextCall();
    expect(call.request.path).toBe(`127.0.0.1:${inboundPort}`);
    call.send({ opaque_protocol: true });
    const greeted = async (): Promise<boolean> => {
      const socket = connect(inboundPort);
      const hears = once(socket, 'data').then(() => true);
      const isSilent = new Promise<boolean>((resolve) => setTimeout(resolve, 20, false));
      return Promise.race([hears, isSilent]).finally(() => socket.destroy());
    };
    await until(greeted);
    call.send({ opaque_protocol: false });
    await until(async () => !(await greeted()));
  });

  test('an opaque port is not looked into', async () => {
    const port = await server((socket) => socket.write('220 ready'));
    const { inboundPort } = await lab.proxy({ ...inboundTo(port, true), detectMs: 60_000 });
    const [chunk] = (await once(connect(inboundPort), 'data')) as [Buffer];
    expect(chunk.toString()).toBe('220 ready');

    const echo = await server(reflect);
    const http = await lab.proxy(inboundTo(echo, true));
    const socket = connect(http.inboundPort);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    expect(await collect(socket)).toBe('<GET / HTTP/1.1\r\n\r\n>');
  });

  test('a request that comes a byte at a time is HTTP', async () => {
    const { port } = await lab.http1App((_message, response) => response.end('ok'));
    const { inboundPort } = await lab.proxy(inboundTo(port, false));
    const socket = connect(inboundPort);
    const answer = collect(socket);
    for (const byte of 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n') {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK[^]*ok/);
  });

  test('an application that is not there resets the connection', async () => {
    const { inboundPort } = await lab.proxy(inboundTo(1, true));
    const socket = connect(inboundPort);
    const errors: string[] = [];
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(errors).toEqual(['ECONNRESET']);
  });

  test('a connection that breaks on one side breaks on the other', async () => {
    const sockets: net.Socket[] = [];
    const port = await server((socket) => sockets.push(socket));
    const { inboundPort } = await lab.proxy(inboundTo(port, true));
    const first = connect(inboundPort);
    await until(() => sockets.length === 1);
    sockets[0]?.resetAndDestroy();
    await until(() => first.destroyed);
    const second = connect(inboundPort);
    await until(() => sockets.length === 2);
    second.resetAndDestroy();
    await until(() => sockets[1]?.destroyed);
    expect(sockets).toHaveLength(2);
  });
});

describe('outbound', () => {
  const authority = 'db.shop.svc.cluster.local:3306';

  async function toService(...ports: readonly number[]): Promise<number> {
    const destination = await lab.destination({
      [authority]: { addrs: ports.map((port) => weighted('127.0.0.1', port)) },
    });
    const proxy = await lab.proxy({
      destinationAddress: destination.address,
      outboundTcp: [{ listen: { host: '127.0.0.1', port: 0 }, authority }],
    });
    return Number(proxy.addresses.outboundTcp[0]?.split(':')[1]);
  }

  test('bytes for a service are balanced over its endpoints, and those that are away are passed over', async () => {
    const counts = [0, 0];
    const counting = (index: 0 | 1) => (socket: net.Socket) => {
      counts[index] = (counts[index] ?? 0) + 1;
      socket.write('hello');
    };
    const port = await toService(await server(counting(0)), await server(counting(1)), 1);
    for (let round = 0; round < 20; round++) {
      const [chunk] = (await once(connect(port), 'data')) as [Buffer];
      expect(chunk.toString()).toBe('hello');
    }
    expect(counts.reduce((sum, it) => sum + it, 0)).toBe(20);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
  });

  test('bytes where HTTP is expected have nowhere to go', async () => {
    const { outboundPort } = await lab.proxy();
    const socket = connect(outboundPort);
    socket.end('\0\0\0');
    expect(await collect(socket)).toBe('');
  });
});

test('a slow reader holds back the sender', async () => {
  let sent = 0;
  const chunk = Buffer.alloc(65_536);
  const port = await server((socket) => {
    const send = (): void => {
      while (sent < 64_000_000 && !socket.destroyed) {
        sent += chunk.length;
        if (!socket.write(chunk)) {
          socket.once('drain', send);
          return;
        }
      }
      socket.end();
    };
    send();
  });
  const { inboundPort } = await lab.proxy(inboundTo(port, true));
  const socket = connect(inboundPort);
  socket.pause();
  let last = -1;
  await until(
    async () => {
      const before = last;
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return sent > 0 && sent === before;
    },
    { timeoutMs: 10_000 },
  );
  // What the kernel and the streams on the way hold, and no more.
  expect(sent).toBeLessThan(32_000_000);
  let received = 0;
  socket.on('data', (bytes: Buffer) => (received += bytes.length));
  socket.resume();
  await once(socket, 'end');
  expect(received).toBe(sent);
});

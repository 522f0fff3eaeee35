import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { serveCommands } from '../kit/worker.js';
import { cpuMicros } from './cpu.js';

/** A process with an application, which answers every request with the same bytes. */

const body = Buffer.alloc(1_024, 'x');

const commands = {
  /** Resolves to the port. */
  async start(protocol: Protocol): Promise<number> {
    if (protocol === 'http1') {
      return listen(
        createServer((request, response) => {
          request.resume();
          response.writeHead(200, { 'content-length': body.length }).end(body);
        }),
      );
    }
    const server = createHttp2Server({ settings: { maxConcurrentStreams: 10_000 } });
    server.on('stream', (stream) => {
      stream.resume();
      stream.respond({ ':status': 200, 'content-length': body.length });
      stream.end(body);
    });
    return listen(server);
  },
  cpuMicros,
} as const;

export type Protocol = 'http1' | 'http2';
export type ServerCommands = typeof commands;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

serveCommands(commands);

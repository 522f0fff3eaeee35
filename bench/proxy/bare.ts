import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveCommands } from '../kit/worker.js';
import { cpuMicros } from './cpu.js';

/** A process with the least that a proxy for HTTP/1 can be on Node: requests and responses piped, one target. */

const commands = {
  /** Resolves to the port. */
  async start(targetPort: number): Promise<number> {
    const agent = new Agent({ keepAlive: true });
    const server = createServer((incoming, response) => {
      const outgoing = request({
        agent,
        host: '127.0.0.1',
        port: targetPort,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      });
      outgoing.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      incoming.pipe(outgoing);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
  cpuMicros,
} as const;

export type BareCommands = typeof commands;

serveCommands(commands);

import { createServer, type ServerHttp2Stream } from 'node:http2';
import { frame } from '../../src/grpc/framed.js';
import { listen } from '../../src/runtime/listen.js';
import { createMessages } from './messages.js';
import type { StartVariant } from './variant.js';

/** As little as Node can do: no gRPC library, no requests read, bytes that are ready written to each stream. */
export const startBareHttp2: StartVariant = async (size) => {
  const messages = createMessages(size);
  const snapshot = frame(messages.snapshot).buffer;
  const streams = new Set<ServerHttp2Stream>();
  const server = createServer();
  server.on('stream', (stream) => {
    streams.add(stream);
    stream.on('close', () => streams.delete(stream));
    stream.resume();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(snapshot);
  });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  let next = snapshot;
  return {
    port,
    streams: () => streams.size,
    prepare(change) {
      next = frame(messages.next(change)).buffer;
    },
    commit() {
      for (const stream of streams) stream.write(next);
    },
  };
};

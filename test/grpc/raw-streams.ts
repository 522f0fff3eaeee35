import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from '../kit/until.js';

/**
 * Opens a gRPC stream for each request over one connection, by bare HTTP/2 frames (RFC 9113), and resolves when each has
 * had its first message or its end. Costs a client next to nothing, so that tests can open tens of thousands. `close`
 * breaks the connection, with all that is open on it.
 */
export async function openRawStreams(
  address: string,
  method: string,
  requests: readonly Uint8Array[],
): Promise<{
  /** Streams that had a message. */
  readonly open: number;
  /** Streams that ended without one. */
  readonly ended: number;
  /** The longest block of headers that came, compressed as it was. */
  readonly maxHeaderBytes: number;
  close(): Promise<void>;
}> {
  const { hostname, port } = new URL(`http://${address}`);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const outcomes = new Map<number, 'open' | 'ended'>();
  let maxHeaderBytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const [length, type, flags, stream] = [
        rest.readUIntBE(0, 3),
        rest.readUInt8(3),
        rest.readUInt8(4),
        rest.readUInt32BE(5),
      ];
      if (type === frames.data && length > 0) outcomes.set(stream, 'open');
      if (type === frames.headers) {
        maxHeaderBytes = Math.max(maxHeaderBytes, length);
        if ((flags & endStream) !== 0) outcomes.set(stream, 'ended');
      }
      if (type === frames.settings && flags === 0) socket.write(frame(frames.settings, 1, 0));
      rest = rest.subarray(9 + length);
    }
  });
  socket.on('error', () => undefined);

  const window = Buffer.alloc(4);
  window.writeUInt32BE(2 ** 31 - 1 - 65_535);
  const headers = headerBlock(method, address);
  const opening = [
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
    frame(frames.settings, 0, 0),
    frame(frames.windowUpdate, 0, 0, window),
  ];
  socket.write(Buffer.concat(opening));
  for (const [nth, request] of requests.entries()) {
    const id = 2 * nth + 1;
    const length = Buffer.alloc(5);
    length.writeUInt32BE(request.length, 1);
    socket.write(
      Buffer.concat([
        frame(frames.headers, endHeaders, id, headers),
        frame(frames.data, endStream, id, Buffer.concat([length, request])),
      ]),
    );
  }
  await until(() => outcomes.size === requests.length, {
    what: 'an answer on each stream',
    timeoutMs: 60_000,
  });
  const count = (wanted: 'open' | 'ended'): number =>
    [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  return {
    open: count('open'),
    ended: count('ended'),
    maxHeaderBytes,
    async close() {
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}

const frames = { data: 0, headers: 1, settings: 4, windowUpdate: 8 } as const;
const endStream = 1;
const endHeaders = 4;

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** HPACK (RFC 7541) without Huffman codes and without the dynamic table: every name is written out. */
function headerBlock(path: string, authority: string): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
  const fields = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', authority],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ] as const;
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

import { connect, type Socket } from 'node:net';

/**
 * The client's side of one HTTP/2 connection (RFC 9113) on a bare socket: just enough to open gRPC streams that the
 * server fills, at a fraction of what the server spends on them, so that the client is never what limits it.
 *
 * Windows are as large as they go: the server is never made to wait. Header blocks of the server are not read.
 */

/** What a stream asks for. */
export interface StreamRequest {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly message: Uint8Array;
}

export interface RawConnectionOptions {
  readonly port: number;
  /** One for each stream to open. */
  readonly requests: readonly StreamRequest[];
  /** A part of a stream's body: `chunk` from `start` to `end`. Streams are counted from 0. */
  readonly onData: (stream: number, chunk: Buffer, start: number, end: number) => void;
  /** Something ended that was to stay open: one stream, or with `stream` undefined all of them. */
  readonly onFailure: (problem: string, stream?: number) => void;
}

const frameHeaderBytes = 9;
const maxWindow = 2 ** 31 - 1;
const defaultWindow = 65_535;

const frameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

export class RawConnection {
  readonly #options: RawConnectionOptions;
  readonly #socket: Socket;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerBytes = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #remaining = 0;
  #control: Buffer[] = [];
  #sinceWindowUpdate = 0;
  #isClosing = false;
  /** The id of stream 0; those below it have been given up. */
  #firstId = 1;

  constructor(options: RawConnectionOptions) {
    this.#options = options;
    this.#socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true });
    this.#socket.on('data', (chunk) => {
      this.#read(chunk);
    });
    this.#socket.on('error', (error) => {
      options.onFailure(String(error));
    });
    this.#socket.on('close', () => {
      if (!this.#isClosing) options.onFailure('the server closed the connection');
    });
    const windowSetting = Buffer.alloc(6);
    windowSetting.writeUInt16BE(4, 0); // SETTINGS_INITIAL_WINDOW_SIZE
    windowSetting.writeUInt32BE(maxWindow, 2);
    this.#socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
        frame(frameType.settings, 0, 0, windowSetting),
        windowUpdate(maxWindow - defaultWindow),
        ...this.#opening(),
      ]),
    );
  }

  /** Cancels every stream and opens all anew, in one write. What still comes on the old ones is dropped. */
  reopen(): void {
    const { length } = this.#options.requests;
    const cancel = Buffer.alloc(4);
    cancel.writeUInt32BE(8); // CANCEL
    const resets = Array.from({ length }, (_, stream) =>
      frame(frameType.rstStream, 0, this.#firstId + 2 * stream, cancel),
    );
    this.#firstId += 2 * length;
    this.#socket.write(Buffer.concat([...resets, ...this.#opening()]));
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** Closes it by RST, as a process does that is killed with data unread. */
  cut(): void {
    this.#isClosing = true;
    this.#socket.resetAndDestroy();
  }

  #opening(): readonly Buffer[] {
    const { requests, port } = this.#options;
    const blocks = new Map<string, Buffer>();
    return requests.flatMap(({ path, message }, stream) => {
      let headers = blocks.get(path);
      if (headers === undefined) {
        headers = headerBlock(path, `127.0.0.1:${port}`);
        blocks.set(path, headers);
      }
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      const id = this.#firstId + 2 * stream;
      return [
        frame(frameType.headers, flag.endHeaders, id, headers),
        frame(frameType.data, flag.endStream, id, Buffer.concat([prefix, message])),
      ];
    });
  }

  /** Of the stream whose frame is being read. */
  get #index(): number {
    return (this.#stream - this.#firstId) / 2;
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < frameHeaderBytes) {
        const copied = chunk.copy(
          this.#header,
          this.#headerBytes,
          at,
          at + frameHeaderBytes - this.#headerBytes,
        );
        this.#headerBytes += copied;
        at += copied;
        if (this.#headerBytes < frameHeaderBytes) return;
        this.#remaining = this.#header.readUIntBE(0, 3);
        this.#type = this.#header.readUInt8(3);
        this.#flags = this.#header.readUInt8(4);
        this.#stream = this.#header.readUInt32BE(5);
      }
      const end = Math.min(chunk.length, at + this.#remaining);
      if (end > at) {
        if (this.#type === frameType.data) {
          if (this.#stream >= this.#firstId) this.#options.onData(this.#index, chunk, at, end);
        } else this.#control.push(chunk.subarray(at, end));
      }
      this.#remaining -= end - at;
      this.#sinceWindowUpdate += end - at;
      at = end;
      if (this.#remaining === 0) this.#endFrame();
    }
  }

  #endFrame(): void {
    this.#headerBytes = 0;
    const control = this.#control;
    if (control.length > 0) this.#control = [];
    const { onFailure } = this.#options;
    const streamFailed = (what: string): void => {
      if (this.#stream >= this.#firstId) onFailure(`the server ${what} stream ${this.#stream}`, this.#index);
    };
    switch (this.#type) {
      case frameType.data:
        if ((this.#flags & flag.padded) !== 0) onFailure('padded DATA is not understood');
        if ((this.#flags & flag.endStream) !== 0) streamFailed('ended');
        if (this.#sinceWindowUpdate > 2 ** 30) {
          this.#socket.write(windowUpdate(this.#sinceWindowUpdate));
          this.#sinceWindowUpdate = 0;
        }
        return;
      case frameType.headers:
        if ((this.#flags & flag.endStream) !== 0) streamFailed('ended');
        return;
      case frameType.rstStream:
        streamFailed('reset');
        return;
      case frameType.goaway:
        onFailure('the server says GOAWAY');
        return;
      case frameType.settings:
      case frameType.ping:
        if ((this.#flags & flag.ack) !== 0) return;
        this.#socket.write(
          frame(
            this.#type,
            flag.ack,
            0,
            this.#type === frameType.ping ? Buffer.concat(control) : Buffer.alloc(0),
          ),
        );
        return;
      default:
    }
  }
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

function windowUpdate(increment: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(increment);
  return frame(frameType.windowUpdate, 0, 0, payload);
}

/** HPACK (RFC 7541) without Huffman codes and without the dynamic table. */
function headerBlock(path: string, authority: string): Buffer {
  // Entries of the static table, appendix A.
  const methodPost = 0x80 | 3;
  const schemeHttp = 0x80 | 6;
  const [authorityName, pathName, contentTypeName] = [1, 4, 31];
  return Buffer.concat([
    Buffer.from([methodPost, schemeHttp]),
    literalValue(pathName, path),
    literalValue(authorityName, authority),
    literalValue(contentTypeName, 'application/grpc'),
    Buffer.from([0]),
    text('te'),
    text('trailers'),
  ]);
}

/** "Literal Header Field without Indexing" whose name is in the static table (section 6.2.2). */
function literalValue(name: number, value: string): Buffer {
  // The index has a prefix of four bits; a larger one goes on in the next byte (section 5.1).
  const index = name < 15 ? [name] : [15, name - 15];
  return Buffer.concat([Buffer.from(index), text(value)]);
}

function text(value: string): Buffer {
  if (value.length > 126) throw new RangeError('longer than one byte of length can say');
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
}

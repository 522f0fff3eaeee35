import {
  Client,
  type ClientDuplexStream,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js';
import { TelemetryService } from '../../src/gen/conduit/telemetry/v1/telemetry.js';

/** What becomes of a message. */
export type Fate = 'passes' | 'is lost' | 'comes twice' | 'comes late' | 'cuts the call';

export interface FaultyLinkOptions {
  /** The server's address, which may be another one for each call. */
  readonly upstream: () => string;
  /** Asked for each message, in both directions. */
  readonly fate: () => Fate;
}

const { path } = TelemetryService.report;
const same = (bytes: Buffer): Buffer => bytes;

/** Stands between proxies and a control plane, and does to their messages what networks and crashes do. */
export class FaultyLink {
  readonly address: string;
  readonly #server: Server;
  readonly #options: FaultyLinkOptions;
  readonly #clients = new Map<string, Client>();
  readonly counts: Record<Fate, number> = {
    passes: 0,
    'is lost': 0,
    'comes twice': 0,
    'comes late': 0,
    'cuts the call': 0,
  };

  static async listen(options: FaultyLinkOptions): Promise<FaultyLink> {
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new FaultyLink(server, port, options);
  }

  private constructor(server: Server, port: number, options: FaultyLinkOptions) {
    this.#server = server;
    this.#options = options;
    this.address = `127.0.0.1:${port}`;
    server.addService(
      { report: { ...TelemetryService.report, requestDeserialize: same, responseSerialize: same } },
      { report: (call: ServerDuplexStream<Buffer, Buffer>) => this.#relay(call) },
    );
  }

  close(): void {
    this.#server.forceShutdown();
    for (const client of this.#clients.values()) client.close();
  }

  #relay(downstream: ServerDuplexStream<Buffer, Buffer>): void {
    const upstream = this.#open();
    let isOver = false;
    const cut = (): void => {
      if (isOver) return;
      isOver = true;
      upstream.cancel();
      downstream.emit('error', { code: status.UNAVAILABLE, details: 'cut' });
    };
    this.#carry(downstream, (bytes) => upstream.write(bytes), cut);
    this.#carry(upstream, (bytes) => downstream.write(bytes), cut);
    upstream.on('error', cut);
    // Who hangs up may be followed by what is still on its way: the other end of the call stays open for a while.
    downstream.on('cancelled', () => setTimeout(cut, 30));
    downstream.on('end', () => upstream.end());
    upstream.on('end', () => downstream.end());
  }

  #carry(from: NodeJS.EventEmitter, write: (bytes: Buffer) => void, cut: () => void): void {
    from.on('data', (bytes: Buffer) => {
      const fate = this.#options.fate();
      this.counts[fate] += 1;
      switch (fate) {
        case 'passes':
          write(bytes);
          return;
        case 'is lost':
          return;
        case 'comes twice':
          write(bytes);
          write(bytes);
          return;
        case 'comes late':
          setTimeout(() => write(bytes), 20);
          return;
        case 'cuts the call':
          cut();
      }
    });
  }

  #open(): ClientDuplexStream<Buffer, Buffer> {
    const address = this.#options.upstream();
    const known = this.#clients.get(address);
    const client = known ?? new Client(address, credentials.createInsecure());
    this.#clients.set(address, client);
    return client.makeBidiStreamRequest(path, same, same);
  }
}

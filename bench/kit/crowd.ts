import { GetDestination } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { Delivery, monotonicMs } from './delivery.js';
import { RawConnection, type StreamRequest } from './raw-connection.js';

/** A stream of a crowd. */
export interface StreamSpec {
  readonly rpc: 'Get' | 'GetProfile';
  /** `host:port`. */
  readonly authority: string;
  /** Of the client. */
  readonly node: string;
  readonly namespace: string;
  /** Streams of one group are told the same, byte for byte. */
  readonly group: string;
}

export interface CrowdOptions {
  readonly port: number;
  /** The streams of each connection. */
  readonly connections: readonly (readonly StreamSpec[])[];
}

/** A message that every stream of a group has had. */
export interface GroupMessage {
  readonly group: string;
  readonly streams: number;
  /** In base64. */
  readonly message: string;
}

export interface CrowdDelivery {
  readonly messages: readonly GroupMessage[];
  /** Streams that failed, since the crowd was opened, and why the first of them did. */
  readonly failures: number;
  readonly firstFailure: string | undefined;
  /** When the last stream had its last byte, by the machine's monotonic clock. */
  readonly finishedMs: number;
  /** From opening to the last byte, for each stream, in ascending order; empty for a delivery that opened nothing. */
  readonly waitsMs: readonly number[];
}

const timeoutMs = 60_000;

/** Proxies of one server that ask for many things, and compare what they are told with what their neighbours are. */
export class Crowd {
  readonly #connections: readonly RawConnection[];
  readonly #members = new Map<string, number>();
  readonly #deliveries = new Map<string, Delivery>();
  #openedMs = 0;
  #waitsMs: number[] = [];
  #missing = 0;
  #failures = 0;
  #firstFailure: string | undefined;
  #finish: () => void = () => {};
  #finished: Promise<void> = Promise.resolve();

  /** Opens all at once. */
  constructor({ port, connections }: CrowdOptions) {
    const requests = new Map<string, StreamRequest>();
    const seats = connections.map((specs) =>
      specs.map((spec) => {
        const index = this.#members.get(spec.group) ?? 0;
        this.#members.set(spec.group, index + 1);
        return { group: spec.group, index };
      }),
    );
    this.#openedMs = monotonicMs();
    this.#await([...this.#members.keys()], true);
    this.#connections = connections.map(
      (specs, connection) =>
        new RawConnection({
          port,
          requests: specs.map((spec) => requestOf(spec, requests)),
          onData: (stream, chunk, start, end) => {
            const { group, index } = seats[connection]![stream]!;
            const delivery = this.#deliveries.get(group);
            if (delivery === undefined)
              this.#fail(1, `a stream of ${group} was told something, and was to hear nothing`);
            else delivery.receive(index, chunk, start, end);
          },
          onFailure: (problem, stream) => this.#fail(stream === undefined ? specs.length : 1, problem),
        }),
    );
  }

  /** Cancels every stream and opens it again, all at once. */
  reopen(): void {
    this.#openedMs = monotonicMs();
    this.#await([...this.#members.keys()], true);
    for (const connection of this.#connections) connection.reopen();
  }

  /** From here on the streams of these groups are to be told one message, and the others nothing. */
  expect(groups: readonly string[]): void {
    this.#await(groups, false);
  }

  /** Resolves when everybody has what is expected, or has failed, or it takes too long. */
  async delivered(): Promise<CrowdDelivery> {
    const timer = setTimeout(() => this.#fail(this.#missing, `not told within ${timeoutMs} ms`), timeoutMs);
    await this.#finished;
    clearTimeout(timer);
    const finishedMs = monotonicMs();
    const messages = [...this.#deliveries].map(([group, { message }]) => ({
      group,
      streams: this.#members.get(group) ?? 0,
      message: message.toString('base64'),
    }));
    const waitsMs = this.#waitsMs.sort((a, b) => a - b);
    return { messages, failures: this.#failures, firstFailure: this.#firstFailure, finishedMs, waitsMs };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Closes every connection by RST. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  #await(groups: readonly string[], isOpening: boolean): void {
    this.#waitsMs = [];
    this.#missing = 0;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#deliveries.clear();
    for (const group of groups) {
      const streams = this.#members.get(group);
      if (streams === undefined) throw new Error(`no group ${group}`);
      this.#missing += streams;
      this.#deliveries.set(
        group,
        new Delivery({
          streams,
          onStream: () => {
            if (isOpening) this.#waitsMs.push(monotonicMs() - this.#openedMs);
            this.#settle(1);
          },
          onDone: () => {},
          onProblem: (problem) => this.#fail(1, problem),
        }),
      );
    }
  }

  #fail(streams: number, problem: string): void {
    this.#failures += streams;
    this.#firstFailure ??= problem;
    this.#settle(streams);
  }

  #settle(streams: number): void {
    this.#missing -= streams;
    if (this.#missing <= 0) this.#finish();
  }
}

function requestOf(spec: StreamSpec, known: Map<string, StreamRequest>): StreamRequest {
  const { rpc, authority, node, namespace } = spec;
  const id = `${rpc} ${authority} ${node}`;
  let request = known.get(id);
  if (request === undefined) {
    const asked: GetDestination = {
      scheme: '',
      path: authority,
      contextToken: JSON.stringify({ ns: namespace, nodeName: node }),
    };
    request = {
      path: `/io.linkerd.proxy.destination.Destination/${rpc}`,
      message: GetDestination.encode(asked).finish(),
    };
    known.set(id, request);
  }
  return request;
}

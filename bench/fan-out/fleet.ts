import { GetDestination } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { Delivery } from '../kit/delivery.js';
import { expectUpdate } from './expectation.js';
import { RawConnection, type StreamRequest } from '../kit/raw-connection.js';
import { type Change, checkout, namespace, nodeOfClient } from '../kit/service-under-change.js';

export interface FleetOptions {
  readonly port: number;
  readonly connections: number;
  /** Over all connections. */
  readonly streams: number;
  /** How many endpoints the service has. */
  readonly size: number;
}

export interface Delivered {
  /** When the last stream had its last byte, in milliseconds of the system's monotonic clock. */
  readonly finishedMs: number;
  readonly messageBytes: number;
}

const timeoutMs = 60_000;

function request(client: number): StreamRequest {
  return {
    path: '/io.linkerd.proxy.destination.Destination/Get',
    message: GetDestination.encode({
      scheme: '',
      path: `${checkout}.${namespace}.svc.cluster.local:80`,
      contextToken: JSON.stringify({ ns: namespace, nodeName: nodeOfClient(client) }),
    }).finish(),
  };
}

/** Proxies of one server. Each stream must be told the whole set, and then exactly what is expected. */
export class Fleet {
  readonly #streams: number;
  readonly #connections: readonly RawConnection[];
  #delivery: Delivery;
  #delivered: Promise<Delivered>;
  #fail: (problem: string) => void = () => {};
  #problem: string | undefined;

  constructor({ port, connections, streams, size }: FleetOptions) {
    this.#streams = streams;
    [this.#delivery, this.#delivered] = this.#await({ round: 0, endpoints: size });
    const perConnection = streams / connections;
    this.#connections = Array.from(
      { length: connections },
      (_, client) =>
        new RawConnection({
          port,
          requests: Array.from({ length: perConnection }, () => request(client)),
          onData: (stream, chunk, start, end) => {
            this.#delivery.receive(client * perConnection + stream, chunk, start, end);
          },
          onFailure: (problem) => this.#report(problem),
        }),
    );
  }

  /** Resolves when every stream has what is expected, and it is right; rejects when something else came. */
  delivered(): Promise<Delivered> {
    return this.#delivered;
  }

  /** To be called when the last expectation is met. Whatever comes in between is a problem. */
  expect(change: Change): void {
    [this.#delivery, this.#delivered] = this.#await(change);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #await(change: Change): [Delivery, Promise<Delivered>] {
    let arrived: (atMs: number) => void = () => {};
    const finished = new Promise<number>((resolve, reject) => {
      arrived = resolve;
      this.#fail = (problem) => reject(new Error(problem));
      if (this.#problem !== undefined) this.#fail(this.#problem);
    });
    const delivery = new Delivery({
      streams: this.#streams,
      onDone: arrived,
      onProblem: (problem) => this.#report(problem),
    });
    const timer = setTimeout(() => this.#report(`after ${timeoutMs} ms: ${delivery.toString()}`), timeoutMs);
    const check = async (): Promise<Delivered> => {
      try {
        const finishedMs = await finished;
        expectUpdate(delivery.message, change);
        return { finishedMs, messageBytes: delivery.message.length };
      } finally {
        clearTimeout(timer);
      }
    };
    const delivered = check();
    // Told to whoever asks.
    delivered.catch(() => {});
    return [delivery, delivered];
  }

  #report(problem: string): void {
    this.#problem ??= problem;
    this.#fail(problem);
  }
}

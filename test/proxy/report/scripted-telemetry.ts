import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Introduction, Report } from '../../../src/gen/conduit/telemetry/v1/telemetry.js';

/** Messages in the words of proto/, read from there at run time: independent of the generated code under test. */
export type Message = Readonly<Record<string, unknown>>;

const definition = loadSync('conduit/telemetry/v1/telemetry.proto', {
  includeDirs: ['proto'],
  keepCase: true,
  longs: String,
});
// The package definition's types don't tell a service from a message.
const service = definition['conduit.telemetry.v1.Telemetry'] as unknown as Parameters<
  Server['addService']
>[0];
const types = definition as unknown as Record<string, { serialize(message: object): Buffer }>;

/** One call of Report, from the server's side. */
export class ReportConversation {
  readonly received: Message[] = [];
  isOver = false;
  /** Whether its client ended it in the regular way. */
  isEnded = false;
  readonly #call: ServerDuplexStream<Message, Message>;

  constructor(
    call: ServerDuplexStream<Message, Message>,
    onMessage: (conversation: ReportConversation) => void,
  ) {
    this.#call = call;
    call.on('data', (message: Message) => {
      this.received.push(message);
      onMessage(this);
    });
    call.on('end', () => {
      this.isOver = true;
      this.isEnded = !call.cancelled;
      call.end();
    });
    call.on('cancelled', () => (this.isOver = true));
    call.on('error', () => {});
  }

  /** The last message, as the code under test would have read it. */
  get introduction(): Introduction | undefined {
    const message = this.received.at(-1)?.['introduction'];
    if (message === undefined || message === null) return undefined;
    return Introduction.decode(types['conduit.telemetry.v1.Introduction']!.serialize(message));
  }

  get report(): Report | undefined {
    const message = this.received.at(-1)?.['report'];
    if (message === undefined || message === null) return undefined;
    return Report.decode(types['conduit.telemetry.v1.Report']!.serialize(message));
  }

  answer(sequence: bigint | number, more: { intervalMs?: number; resendAll?: boolean } = {}): void {
    const { intervalMs, resendAll = false } = more;
    const interval = intervalMs === undefined ? {} : { interval: { nanos: intervalMs * 1e6 } };
    this.#call.write({ sequence: String(sequence), resend_all: resendAll, ...interval });
  }

  fail(code: keyof typeof status, details: string): void {
    this.#call.emit('error', { code: status[code], details });
  }
}

/** A control plane that treats reports as a test tells it to. */
export class ScriptedTelemetry {
  readonly address: string;
  readonly conversations: ReportConversation[] = [];
  readonly #server: Server;

  static async listen(
    onMessage: (conversation: ReportConversation) => void,
    port = 0,
  ): Promise<ScriptedTelemetry> {
    const server = new Server();
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, it) =>
        error === null ? resolve(it) : reject(error),
      );
    });
    return new ScriptedTelemetry(server, bound, onMessage);
  }

  private constructor(server: Server, port: number, onMessage: (conversation: ReportConversation) => void) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
    server.addService(service, {
      Report: (call: ServerDuplexStream<Message, Message>) => {
        this.conversations.push(new ReportConversation(call, onMessage));
      },
    });
  }

  get port(): number {
    return Number(this.address.split(':')[1]);
  }

  /** Drops every connection at once, as a crash does. */
  kill(): void {
    this.#server.forceShutdown();
  }
}

import { Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { Framed } from '../../src/grpc/framed.js';
import { methodOf } from '../../src/grpc/method.js';
import { OpenCall } from '../../src/grpc/open-call.js';
import type { GrpcService } from '../../src/grpc/service.js';
import type { Logger } from '../../src/runtime/log.js';

export interface StandInOptions {
  readonly service: GrpcService;
  readonly rpc: 'Get' | 'GetProfile';
  readonly request: { readonly path: string; readonly contextToken: string };
  /** The messages of one write, as they reach the client. */
  readonly onWrite: (messages: readonly Uint8Array[]) => void;
}

/**
 * A call to the real handler, by way of the real OpenCall, with nothing below it: what would go to the transport is
 * handed over at once, and counts as taken when the test says so.
 */
export class StandInCall {
  /** What the handler refused the call with, by its code. */
  readonly refusal: number | undefined;
  /** Why the call was ended by its own side: a failure of its handler, or of the one who took a write. */
  problem: unknown;
  #taken: (() => void) | undefined;
  #isOver = false;
  #cancel: () => void = () => {};

  constructor({ service, rpc, request, onWrite }: StandInOptions) {
    const metadata = new Metadata();
    const method = methodOf({
      path: `/io.linkerd.proxy.destination.Destination/${rpc}`,
      requestStream: false,
      responseStream: true,
    });
    const transport = {
      getPeer: () => '127.0.0.1:1',
      getHost: () => 'localhost',
      start: (listener: { onReceiveMetadata(metadata: Metadata): void; onCancel(): void }) => {
        this.#cancel = () => listener.onCancel();
        listener.onReceiveMetadata(metadata);
      },
      sendMessage: (message: unknown, taken: () => void) => {
        if (!(message instanceof Framed)) throw new Error('a message that is not framed');
        if (this.#isOver) throw new Error('a write to a call that is over');
        if (this.#taken !== undefined) throw new Error('a write while another is out');
        this.#taken = taken;
        onWrite(split(message));
      },
      sendStatus: () => {},
    } as unknown as ServerInterceptingCallInterface;
    const log = {
      isLevelEnabled: () => false,
      debug: () => {},
      error: ({ err }: { readonly err: unknown }) => {
        this.problem ??= err;
      },
    } as unknown as Logger;
    // Replaces the transport's methods by its own.
    const call = new OpenCall(
      { log, now: () => 0, refusal: () => undefined, onOver: () => {}, disconnect: () => {} },
      { method, metrics: noMetrics },
      transport,
    );
    transport.start({
      onReceiveMetadata: () => {},
      onReceiveMessage: () => {},
      onReceiveHalfClose: () => {},
      onCancel: () => {},
    });

    const handler = service.implementation[rpc === 'Get' ? 'get' : 'getProfile'] as (surface: object) => void;
    try {
      handler({ request: { scheme: '', ...request }, metadata });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
      this.refusal = error.code;
      call.fail(error);
      this.#end();
    }
  }

  /** Whether a write is out that the client hasn't taken. */
  get isWriting(): boolean {
    return this.#taken !== undefined;
  }

  /** The client takes the write that is out, which may bring the next. */
  take(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  /** The client goes away. */
  hangUp(): void {
    if (!this.#isOver) this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#taken = undefined;
    this.#cancel();
  }
}

const noMetrics = { started: () => {}, handled: () => {}, sent: () => {}, received: () => {} };

/** The messages behind their gRPC prefixes: a flag and a length, big-endian, in five bytes. */
function split({ buffer }: Framed): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < buffer.length; ) {
    const end = at + 5 + buffer.readUInt32BE(at + 1);
    if (buffer[at] !== 0 || end > buffer.length) throw new Error('a frame that is none');
    messages.push(buffer.subarray(at + 5, end));
    at = end;
  }
  return messages;
}

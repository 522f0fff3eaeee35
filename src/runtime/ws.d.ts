/** The part of the package `ws` that is used; it comes without declarations of its own. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { ClientRequest, IncomingMessage } from 'node:http';
  import type { RequestOptions } from 'node:https';
  import type { Duplex } from 'node:stream';

  export class WebSocket extends EventEmitter {
    constructor(
      url: URL,
      protocols: readonly string[],
      options: RequestOptions & { readonly perMessageDeflate: boolean; readonly handshakeTimeout: number },
    );
    readonly protocol: string;
    readonly bufferedAmount: number;
    send(data: Buffer, sent?: (error?: Error) => void): void;
    pause(): void;
    resume(): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    on(event: 'open', listener: () => void): this;
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
    on(event: 'close', listener: (code: number, reason: Buffer) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(
      event: 'unexpected-response',
      listener: (request: ClientRequest, response: IncomingMessage) => void,
    ): this;
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: {
      readonly noServer: true;
      readonly perMessageDeflate: boolean;
      readonly handleProtocols: (protocols: Set<string>) => string | false;
    });
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      then: (socket: WebSocket) => void,
    ): void;
    close(): void;
  }
}

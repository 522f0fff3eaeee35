/** Settings for the HTTP/2 connections between proxies; what isn't set stays at the proxy's default. */
export interface Http2ClientParams {
  readonly flowControl: Http2FlowControl | undefined;
  readonly keepAlive: Http2KeepAlive | undefined;
  readonly internals: Http2Internals | undefined;
}

export interface Http2FlowControl {
  readonly initialConnectionWindowBytes: number | undefined;
  readonly initialStreamWindowBytes: number | undefined;
  /** Lets the windows follow the measured bandwidth. */
  readonly adaptive: boolean;
}

export interface Http2KeepAlive {
  /** From one ping to the next. */
  readonly intervalMs: number | undefined;
  /** How long a ping may go unanswered before the connection is given up. */
  readonly timeoutMs: number | undefined;
  /** Whether to ping a connection that carries no request. */
  readonly whileIdle: boolean;
}

export interface Http2Internals {
  readonly maxConcurrentResetStreams: number | undefined;
  readonly maxFrameBytes: number | undefined;
  readonly maxSendBufferBytes: number | undefined;
}

import { maxHeaderBytes } from './protocol-server.js';

/** What both ends of the proxy's HTTP/2 have in common. */
export const http2Limits = {
  /** Megabytes of headers and frames that one connection may hold; with Node's 10 a thousand requests would not fit. */
  maxSessionMemory: 256,
  maxHeaderListPairs: 2_000,
  maxSendHeaderBlockLength: 2 * maxHeaderBytes,
} as const;

export const http2Settings = {
  /** Four times the protocol's default: a stream in flight over 10 ms of network can carry 25 MB/s. */
  initialWindowSize: 262_144,
  maxHeaderListSize: maxHeaderBytes,
  enablePush: false,
} as const;

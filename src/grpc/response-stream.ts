import type { ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { hasMethods } from './has-methods.js';

/** The HTTP/2 stream that a call is answered on. */
export type ResponseStream = Pick<ServerHttp2Stream, 'close' | 'closed' | 'destroyed' | 'write'>;

/** grpc-js keeps the stream to itself; undefined where a later one has it elsewhere, and behind a wrapper. */
export function responseStreamOf(call: ServerInterceptingCallInterface): ResponseStream | undefined {
  if (!('stream' in call)) return undefined;
  const { stream } = call;
  return isResponseStream(stream) ? stream : undefined;
}

function isResponseStream(value: unknown): value is ResponseStream {
  return hasMethods(value, 'close', 'write');
}

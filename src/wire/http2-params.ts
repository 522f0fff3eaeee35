import type { Http2ClientParams } from '../core/http2-params.js';
import type { Http2ClientParams as Http2ClientParamsMessage } from '../gen/io/linkerd/proxy/destination/destination.js';
import { toDuration } from './duration.js';

export function toHttp2ClientParams(params: Http2ClientParams): Http2ClientParamsMessage {
  const { flowControl, keepAlive, internals } = params;
  return {
    flowControl: flowControl && {
      initialConnectionWindowSize: flowControl.initialConnectionWindowBytes ?? 0,
      initialStreamWindowSize: flowControl.initialStreamWindowBytes ?? 0,
      adaptiveFlowControl: flowControl.adaptive,
    },
    keepAlive: keepAlive && {
      interval: keepAlive.intervalMs === undefined ? undefined : toDuration(keepAlive.intervalMs),
      timeout: keepAlive.timeoutMs === undefined ? undefined : toDuration(keepAlive.timeoutMs),
      whileIdle: keepAlive.whileIdle,
    },
    internals: internals && {
      maxConcurrentResetStreams: internals.maxConcurrentResetStreams ?? 0,
      maxFrameSize: internals.maxFrameBytes ?? 0,
      maxSendBufSize: internals.maxSendBufferBytes ?? 0,
    },
  };
}

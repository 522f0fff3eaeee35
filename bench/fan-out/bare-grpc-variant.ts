import { Server, type ServerInterceptingCall, ServerCredentials } from '@grpc/grpc-js';
import {
  type DestinationServer,
  DestinationService,
} from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { acceptEncoded, frame, sendFramed, writeFramed } from '../../src/grpc/framed.js';
import { createMessages } from './messages.js';
import type { StartVariant } from './variant.js';

/** As little as grpc-js can do: bytes that are ready, no metrics, no limits, nothing remembered of a stream but itself. */
export const startBareGrpc: StartVariant = async (size) => {
  const messages = createMessages(size);
  const snapshot = frame(messages.snapshot);
  const calls = new Set<Parameters<DestinationServer['get']>[0]>();
  const get: DestinationServer['get'] = (call) => {
    calls.add(call);
    call.on('close', () => calls.delete(call));
    writeFramed(call, snapshot, ignore);
  };
  const server = new Server({
    'grpc.enable_channelz': 0,
    interceptors: [
      (_definition, call) => {
        sendFramed(call);
        return call as ServerInterceptingCall;
      },
    ],
  });
  server.addService(acceptEncoded(DestinationService), { get, getProfile: ignore });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  let next = snapshot;
  return {
    port,
    streams: () => calls.size,
    prepare(change) {
      next = frame(messages.next(change));
    },
    commit() {
      for (const call of calls) writeFramed(call, next, ignore);
    },
  };
};

function ignore(): void {}

import {
  type DestinationServer,
  DestinationService,
  Update,
} from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { startGrpcServer } from '../kit/grpc-server.js';
import { createMessages } from './messages.js';
import type { StartVariant } from './variant.js';

/** The same server with handlers as one writes them by the book: each stream is given the message, and encodes it. */
export const startPerStream: StartVariant = async (size) => {
  const messages = createMessages(size);
  const snapshot = Update.decode(messages.snapshot);
  const calls = new Set<Parameters<DestinationServer['get']>[0]>();
  const get: DestinationServer['get'] = (call) => {
    calls.add(call);
    call.on('close', () => calls.delete(call));
    call.write(snapshot);
  };
  const getProfile: DestinationServer['getProfile'] = () => {
    throw new Error('not asked for');
  };
  const { port } = await startGrpcServer({
    definition: DestinationService,
    implementation: { get, getProfile },
  });
  let next = snapshot;
  return {
    port,
    streams: () => calls.size,
    prepare(change) {
      next = Update.decode(messages.next(change));
    },
    commit() {
      for (const call of calls) call.write(next);
    },
  };
};

import { nodeName } from '../../src/core/ids.js';
import { createUpdateEncoder } from '../../src/wire/update.js';
import { createBenchMesh } from '../kit/mesh.js';
import { type Change, nodeOfClient, ServiceUnderChange } from '../kit/service-under-change.js';

/** The messages that every variant sends, encoded. */
export interface Messages {
  readonly snapshot: Uint8Array;
  next(change: Change): Uint8Array;
}

export function createMessages(size: number): Messages {
  const encoder = createUpdateEncoder(undefined);
  const { engine, mesh } = createBenchMesh();
  const checkout = new ServiceUnderChange({ size });
  checkout.populate(mesh.tables);
  const key = { service: checkout.id, port: 80, hostname: undefined, node: nodeName(nodeOfClient(0)) };
  const subscription = mesh.clientEndpoints.subscribe(key, () => {});
  return {
    snapshot: only(encoder.snapshot(subscription.latest.value)),
    next(change) {
      const told = subscription.latest.value;
      const slice = checkout.change(change);
      mesh.tables.backends.apply(slice.id, slice);
      engine.flush();
      return only(encoder.delta(told, subscription.latest.value));
    },
  };
}

function only(messages: readonly Uint8Array[]): Uint8Array {
  const [message] = messages;
  if (message === undefined || messages.length > 1)
    throw new Error(`${messages.length} messages for one change`);
  return message;
}

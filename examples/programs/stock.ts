// How much is left of what (gRPC). Shelves fill up by themselves, so that the shop never sells out for good.
import { status } from '@grpc/grpc-js';
import { serveGrpc } from './grpc.js';
import { numberSetting } from './settings.js';
import { Refusal, implement } from './shop.js';

const full = numberSetting('SHELF_SIZE', 1_000);
const left = new Map<string, number>();

serveGrpc(
  numberSetting('PORT', 7100),
  implement('StockService', {
    Count: async ({ item }) => ({ left: left.get(item) ?? full }),
    Take: async ({ item, amount }) => {
      const present = left.get(item) ?? full;
      if (amount > full) {
        throw new Refusal(status.FAILED_PRECONDITION, `there are never ${amount} of ${item}`);
      }
      const rest = present < amount ? full - amount : present - amount;
      left.set(item, rest);
      return { left: rest };
    },
  }),
);

// How much is left of what (gRPC). Each pod tells the others what it sold (TCP), so that they all know about the same.
// Shelves fill up by themselves: the shop never sells out for good.
import { status } from '@grpc/grpc-js';
import { serveGrpc } from './grpc.js';
import { joinPeers } from './peers.js';
import { numberSetting, textSetting } from './settings.js';
import { Refusal, implement } from './shop.js';

const full = numberSetting('SHELF_SIZE', 1_000);
const left = new Map<string, number>();

const self = `${textSetting('HOSTNAME', '')}.`;
const { tell } = joinPeers({
  port: numberSetting('PEERS_PORT', 7101),
  peers: textSetting('PEERS', '')
    .split(',')
    .filter((peer) => peer !== '' && !peer.startsWith(self)),
  onSale: (sale) => left.set(sale.item, sale.left),
});

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
      tell({ item, left: rest });
      return { left: rest };
    },
  }),
);

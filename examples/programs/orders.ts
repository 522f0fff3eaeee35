// Takes orders (gRPC). Every tenth one fails, on purpose: the till jams. Tells how many there were (HTTP, /orders).
import { once } from 'node:events';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { serveGrpc } from './grpc.js';
import { serveHttp } from './http.js';
import { tcpTarget } from './mesh.js';
import { numberSetting, textSetting } from './settings.js';
import { Refusal, clientOf, implement } from './shop.js';

const stock = clientOf('StockService', textSetting('STOCK_ADDR', '127.0.0.1:7100'));
const mail = textSetting('MAIL_ADDR', '127.0.0.1:2525');
/** 0: none fails. */
const failEvery = numberSetting('FAIL_EVERY', 10);
const counts = { asked: 0, placed: 0, jammed: 0, receipts: 0, lostReceipts: 0 };

serveGrpc(
  numberSetting('PORT', 7000),
  implement('OrderService', {
    Place: async ({ item, amount, customer }) => {
      counts.asked += 1;
      if (failEvery > 0 && counts.asked % failEvery === 0) {
        counts.jammed += 1;
        throw new Refusal(status.INTERNAL, 'the till is jammed', { onPurpose: true });
      }
      await stock.Take({ item, amount });
      counts.placed += 1;
      const order = `order-${counts.placed}`;
      // The customer doesn't wait for the receipt.
      sendReceipt(customer, `${order}: ${amount} ${item}`).then(
        () => (counts.receipts += 1),
        (error: unknown) => {
          counts.lostReceipts += 1;
          console.log(`no receipt for ${order}: ${String(error)}`);
        },
      );
      return { order };
    },
  }),
);

serveHttp(numberSetting('ADMIN_PORT', 9000), () => ({ status: 200, body: counts }));

/** The server speaks first: a greeting, then it takes a line, then it says that it has it. */
async function sendReceipt(customer: string, text: string): Promise<void> {
  const socket = connect(tcpTarget(mail));
  const signal = AbortSignal.timeout(5_000);
  try {
    socket.setEncoding('utf8');
    await once(socket, 'data', { signal });
    socket.write(`${customer} ${text}\n`);
    await once(socket, 'data', { signal });
    socket.end();
  } finally {
    socket.destroy();
  }
}

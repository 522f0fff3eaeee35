import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Intake } from '../../src/grpc/intake.js';
import { listen } from '../../src/runtime/listen.js';
import { until } from '../kit/until.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** An intake with so many quiet connections, each of which calls `onData` for what its client writes. */
async function lab(count: number, onData: (intake: Intake) => void) {
  const intake = new Intake({ maxTurnMs: 5 });
  const served: Socket[] = [];
  let bytes = 0;
  const server = createServer((socket) => {
    served.push(socket);
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      onData(intake);
    });
    intake.add(socket);
  });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  closers.push(() => server.close());
  const clients = await Promise.all(
    Array.from({ length: count }, async () => {
      const client = connect({ host: '127.0.0.1', port });
      client.on('error', () => {});
      closers.push(() => client.destroy());
      await once(client, 'connect');
      return client;
    }),
  );
  await until(() => served.length === count);
  await until(() => intake.held === 0);
  return { intake, clients, served, bytes: () => bytes };
}

/** As if serving what a connection asks for took this long. */
function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** How many times `onData` was called in each turn of the event loop, while all clients have written. */
async function turnsOf(count: number, onData: (intake: Intake) => void): Promise<readonly number[]> {
  const turns = [0];
  const { clients, bytes, intake } = await lab(count, (each) => {
    turns[turns.length - 1]!++;
    onData(each);
  });
  for (const client of clients) client.write('hello');
  // All of it has arrived when the first of it is read.
  work(20);
  while (bytes() < 5 * count || intake.held > 0) {
    turns.push(0);
    await setImmediate();
  }
  return turns.filter((served) => served > 0);
}

describe('Intake', () => {
  test('reads everybody at once while a turn is short', async () => {
    const turns = await turnsOf(12, (intake) => intake.spend());
    expect(Math.max(...turns)).toBeGreaterThan(4);
  });

  test('reads no further from anybody in a turn that has been long, and loses nothing', async () => {
    const turns = await turnsOf(12, (intake) => {
      intake.spend();
      work(6);
      intake.spend();
    });
    expect(turns.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(...turns)).toBeLessThanOrEqual(2);
  });

  test('reads more and more a turn where those that are read take little', async () => {
    let isFirst = true;
    const turns = await turnsOf(60, (intake) => {
      intake.spend();
      if (isFirst) work(10);
      isFirst = false;
      intake.spend();
    });
    expect(turns.length).toBeLessThan(20);
  });

  test('forgets who leaves while held', async () => {
    const { intake, clients, served } = await lab(3, (each) => {
      each.spend();
      work(10);
      each.spend();
      served[2]?.destroy();
    });
    for (const client of clients) client.write('hello');
    await until(() => served[2]!.closed);
    await until(() => intake.held === 0);
    expect(served.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  });
});

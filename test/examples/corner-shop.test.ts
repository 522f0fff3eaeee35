import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stats } from '../../examples/programs/tally.js';
import { type RunningProgram, start } from '../kit/program.js';
import { until as untilSoon } from '../kit/until.js';

const until = <T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 15_000 });

// An address of this run's own. Linux has all of 127.0.0.0/8.
const host = `127.201.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}`;
const addresses = {
  LISTEN_ADDR: host,
  STOCK_ADDR: `${host}:7100`,
  MAIL_ADDR: `${host}:2525`,
  CATALOG_ADDR: `${host}:8081`,
  ORDERS_ADDR: `${host}:7000`,
  WEB_ADDR: `${host}:8080`,
};

/** One of the example's programs, once it listens. It is built by `npm test` before the tests run. */
async function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<RunningProgram> {
  const program = start(process.execPath, [`dist/examples/${name}.js`], { ...addresses, ...env });
  await until(() => program.stdout().includes('listening'));
  return program;
}

async function shop(total: number, port: number): Promise<{ stats: Stats; shoppers: RunningProgram }> {
  const shoppers = await run('shoppers', {
    REQUESTS: String(total),
    REQUESTS_PER_SECOND: '150',
    TIMEOUT_MS: '15000',
    PORT: String(port),
  });
  const ask = async (): Promise<Stats> => (await fetch(`http://${host}:${port}/`)).json() as Promise<Stats>;
  await until(async () => {
    const { sent, inFlight } = await ask();
    return sent === total && inFlight === 0;
  });
  return { stats: await ask(), shoppers };
}

describe.skipIf(process.platform !== 'linux')('the corner shop without a mesh', () => {
  const programs = new Map<string, RunningProgram>();

  beforeAll(async () => {
    const names = ['stock', 'mail', 'catalog', 'orders', 'web'];
    const started = await Promise.all(names.map((name) => run(name, { SEARCH_MS: '50' })));
    for (const [index, name] of names.entries()) programs.set(name, started[index]!);
  });

  afterAll(async () => {
    await Promise.all([...programs.values()].map((program) => program.end('SIGTERM')));
  });

  test('serves its customers, and fails every tenth order', async () => {
    const { stats, shoppers } = await shop(200, 8090);
    // Two errands of ten are orders.
    expect(stats).toMatchObject({
      sent: 200,
      withheld: 0,
      outcomes: { ok: 196, 'on purpose': 4 },
      failures: [],
    });
    const books = async () => (await fetch(`http://${host}:9000/orders`)).json() as Promise<object>;
    await until(async () => JSON.stringify(await books()).includes('"receipts":36'));
    expect(await books()).toEqual({ asked: 40, placed: 36, jammed: 4, receipts: 36, lostReceipts: 0 });
    expect(programs.get('mail')?.stdout()).toContain('receipt: ann order-36: 1 tea\n');
    expect(await shoppers.end('SIGTERM')).toBe(0);
    expect(JSON.parse(shoppers.stdout().trim().split('\n').at(-1) ?? '')).toEqual(stats);
  });

  test.each([
    ['/', 200, { apples: 45, bread: 320, cheese: 1_290, milk: 145, tea: 510 }],
    ['/products/milk', 200, { name: 'milk', price: 145, left: 1_000 }],
    ['/products/caviar', 404, { error: 'there is no caviar' }],
    ['/search?q=ea', 200, ['bread', 'tea']],
    ['/nowhere', 404, expect.anything()],
  ])('answers %s', async (path, status, body) => {
    const response = await fetch(`http://${host}:8080${path}`);
    expect([response.status, await response.json()]).toEqual([status, body]);
  });

  test.each([
    ['{"item":"tea","amount":2000,"customer":"ann"}', 502],
    ['nonsense', 400],
  ])('refuses the order %s', async (body, status) => {
    const response = await fetch(`http://${host}:8080/orders`, { method: 'POST', body });
    expect(response.status).toBe(status);
  });

  test('finishes what it has begun before it ends', async () => {
    const slow = await run('catalog', { PORT: '8082', SEARCH_MS: '500' });
    const answer = fetch(`http://${host}:8082/search?q=tea`);
    // The next request on another connection is answered, so the one before has arrived.
    await fetch(`http://${host}:8082/products`);
    slow.process.kill('SIGTERM');
    await until(() => slow.stdout().includes('SIGTERM'));
    await expect(fetch(`http://${host}:8082/products`)).rejects.toThrow('fetch failed');
    const response = await answer;
    expect([response.status, response.headers.get('connection'), await response.json()]).toEqual([
      200,
      'close',
      ['tea'],
    ]);
    expect(await slow.end()).toBe(0);
  });

  test('tells its other branches what it sold', async () => {
    const [one, two] = [`${host}:7201`, `${host}:7202`];
    const branch = (name: string, port: string, peersPort: string, peers: string) =>
      run('stock', { HOSTNAME: name, PORT: port, PEERS_PORT: peersPort, PEERS: peers });
    const programs = await Promise.all([
      branch('stock-0', '7301', '7201', two),
      branch('stock-1', '7302', '7202', one),
      run('orders', { PORT: '7303', ADMIN_PORT: '9303', STOCK_ADDR: `${host}:7301` }),
      run('web', { PORT: '8083', ORDERS_ADDR: `${host}:7303` }),
      run('catalog', { PORT: '8084', STOCK_ADDR: `${host}:7302` }),
    ]);
    const body = JSON.stringify({ item: 'milk', amount: 1, customer: 'bob' });
    // The peers find each other within a second or two; what was sold before that, nobody told.
    await until(async () => {
      await fetch(`http://${host}:8083/orders`, { method: 'POST', body });
      const response = await fetch(`http://${host}:8084/products/milk`);
      return ((await response.json()) as { left: number }).left < 1_000;
    });
    expect(await Promise.all(programs.map((program) => program.end('SIGTERM')))).toEqual([0, 0, 0, 0, 0]);
  });

  test('counts what fails when a back end is gone', async () => {
    await programs.get('catalog')?.end('SIGTERM');
    const { stats, shoppers } = await shop(10, 8091);
    expect(stats).toMatchObject({ sent: 10, outcomes: { ok: 2, 'status 502': 8 } });
    expect(stats.failures).toHaveLength(8);
    expect(stats.failures).toContainEqual(
      expect.objectContaining({ request: 'GET /', outcome: 'status 502' }),
    );
    await shoppers.end('SIGTERM');
    await programs.get('web')?.end('SIGTERM');
    const refused = await shop(10, 8092);
    expect(refused.stats.outcomes).toEqual({ ECONNREFUSED: 10 });
    await refused.shoppers.end('SIGTERM');
  });
});

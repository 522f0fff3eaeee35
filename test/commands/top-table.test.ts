import { describe, expect, test } from 'vitest';
import { groupedPath, type TopOrder, type TopRow, TopTable } from '../../src/commands/top-table.js';
import { Direction, Event, type RequestEnd } from '../../src/gen/conduit/tap/v1/tap.js';
import { toDuration } from '../../src/wire/duration.js';

const source = { ip: '10.0.0.1', port: 40_000, labels: new Map([['pod', 'web-1']]) };
const destination = { ip: '10.0.0.2', port: 8_080, labels: new Map([['pod', 'api-1']]) };

interface Exchange {
  readonly path?: string;
  readonly method?: string;
  readonly source?: Event['source'];
  readonly destination?: Event['destination'];
  readonly status?: number;
  /** Until the response began. */
  readonly latencyMs?: number;
  /** Until the end. */
  readonly sinceInitMs?: number;
  readonly end?: RequestEnd['end'];
}

function began(request: bigint, exchange: Exchange = {}): Event {
  const { path = '/', method = 'GET' } = exchange;
  const value = { method, scheme: 'http', authority: 'api', path };
  return Event.fromPartial({
    source,
    destination,
    ...('source' in exchange && { source: exchange.source }),
    ...('destination' in exchange && { destination: exchange.destination }),
    request,
    event: { $case: 'requestInit', value },
  });
}

function answered(request: bigint, { status = 200, latencyMs = 1 }: Exchange = {}): Event {
  const value = { status, sinceRequestInit: toDuration(latencyMs) };
  return Event.fromPartial({ request, event: { $case: 'responseInit', value } });
}

function ended(request: bigint, { end, sinceInitMs = 1_000 }: Exchange = {}): Event {
  const value = { end, sinceRequestInit: toDuration(sinceInitMs) };
  return Event.fromPartial({ request, event: { $case: 'requestEnd', value } });
}

/** A table of these requests, one after the other. */
function tableOf(...exchanges: readonly Exchange[]): TopTable {
  const table = new TopTable();
  for (const [index, exchange] of exchanges.entries()) add(table, BigInt(index), exchange);
  return table;
}

function add(table: TopTable, request: bigint, exchange: Exchange): void {
  table.add(began(request, exchange));
  table.add(answered(request, exchange));
  table.add(ended(request, exchange));
}

const paths = (table: TopTable, order: TopOrder = 'count') => table.rows(order).map(({ path }) => path);

describe('what a row says', () => {
  test('requests with the same ends, method and kind of path are summed up', () => {
    const table = tableOf(
      { path: '/orders/1', latencyMs: 4 },
      { path: '/orders/2?page=2', latencyMs: 16.5, status: 500 },
      { path: '/orders/3', latencyMs: 8, status: 404 },
      { path: '/orders/4', latencyMs: 8 },
    );
    expect(table.rows('count')).toEqual<readonly TopRow[]>([
      {
        source: 'web-1',
        destination: 'api-1',
        method: 'GET',
        path: '/orders/{id}',
        count: 4,
        bestMs: 4,
        worstMs: 16.5,
        lastMs: 8,
        successRate: 0.75,
      },
    ]);
    expect(table.requests).toBe(4);
  });

  test('any other end, method or path is another row; another port of the same pod is not', () => {
    const other = { ip: '10.0.0.3', port: 1, labels: new Map([['pod', 'web-2']]) };
    const table = tableOf(
      {},
      { source: { ...source, port: 40_001 }, destination: { ...destination, port: 1 } },
      { method: 'POST' },
      { path: '/a' },
      { source: other },
      { destination: other },
    );
    const rows = table.rows('count').map(({ source: from, destination: to, method, path, count }) => {
      return [from, to, method, path, count].join(' ');
    });
    expect(rows).toEqual([
      'web-1 api-1 GET / 2',
      'web-1 api-1 GET /a 1',
      'web-1 api-1 POST / 1',
      'web-1 web-2 GET / 1',
      'web-2 api-1 GET / 1',
    ]);
  });

  test('an end without a pod is its address, and one that nothing is known of is empty', () => {
    const table = tableOf({ source: { ip: 'fd00::1', port: 1, labels: new Map() }, destination: undefined });
    expect(table.rows('count')).toMatchObject([{ source: 'fd00::1', destination: '' }]);
  });

  test('what has no response took until its end, and went badly', () => {
    const table = new TopTable();
    table.add(began(1n));
    table.add(ended(1n, { sinceInitMs: 250 }));
    expect(table.rows('count')).toMatchObject([{ count: 1, bestMs: 250, successRate: 0 }]);
  });

  test.each<[string, Exchange, number]>([
    ['499', { status: 499 }, 1],
    ['500', { status: 500 }, 0],
    ['599', { status: 599 }, 0],
    ['a reset', { end: { $case: 'resetError', value: 8 } }, 0],
    ...Array.from({ length: 17 }, (_, code): [string, Exchange, number] => [
      `gRPC's ${code}`,
      { end: { $case: 'grpcStatus', value: code } },
      [2, 4, 13, 14, 15].includes(code) ? 0 : 1,
    ]),
    [
      'a status of gRPC, which goes before that of HTTP',
      { status: 500, end: { $case: 'grpcStatus', value: 0 } },
      1,
    ],
  ])('%s', (_, exchange, successRate) => {
    expect(tableOf(exchange).rows('count')).toMatchObject([{ successRate }]);
  });
});

describe('what is not counted', () => {
  test('a request before its end', () => {
    const table = new TopTable();
    table.add(began(1n));
    expect(table.rows('count')).toEqual([]);
    table.add(answered(1n));
    expect([table.requests, table.rows('count')]).toEqual([0, []]);
    table.add(ended(1n));
    expect([table.requests, table.rows('count').length]).toEqual([1, 1]);
  });

  test('one that was lost sight of, however far it was', () => {
    const lost = { end: { $case: 'lost', value: true } } as const;
    const table = tableOf(lost, {});
    table.add(began(7n));
    table.add(ended(7n, lost));
    expect(table.requests).toBe(1);
    expect(table.rows('count')).toMatchObject([{ count: 1, successRate: 1 }]);
    // Nothing is left of it that what comes late could belong to.
    table.add(answered(7n));
    table.add(ended(7n));
    expect(table.requests).toBe(1);
  });

  test('what belongs to no request that began, a second end, an event that is none', () => {
    const table = tableOf({});
    table.add(answered(9n));
    table.add(ended(9n));
    table.add(ended(0n));
    table.add(Event.fromPartial({ request: 0n }));
    expect([table.requests, table.rows('count').map(({ count }) => count)]).toEqual([1, [1]]);
  });
});

describe('orders', () => {
  const table = tableOf(
    { path: '/a', latencyMs: 10 },
    { path: '/a', latencyMs: 20 },
    { path: '/a', latencyMs: 15 },
    { path: '/b', latencyMs: 1, status: 500 },
    { path: '/b', latencyMs: 30 },
    { path: '/c', latencyMs: 12, status: 500 },
  );
  test.each<[TopOrder, readonly string[]]>([
    ['count', ['/a', '/b', '/c']],
    ['best', ['/c', '/a', '/b']],
    ['worst', ['/b', '/a', '/c']],
    ['last', ['/b', '/a', '/c']],
    ['success', ['/c', '/b', '/a']],
  ])('%s', (order, expected) => {
    expect(paths(table, order)).toEqual(expected);
  });

  test('of equals the more frequent goes first, then the name: rows stand still', () => {
    const equal = tableOf({ path: '/c' }, { path: '/b' }, { path: '/a' }, { path: '/c' });
    for (const order of ['count', 'best', 'worst', 'last', 'success'] as const) {
      expect(paths(equal, order)).toEqual(['/c', '/a', '/b']);
    }
  });
});

describe('bounds', () => {
  test('of more than 1,000 rows the one that was used least lately goes', () => {
    const table = new TopTable();
    for (let row = 0; row < 1_000; row++) add(table, BigInt(row), { path: `/p${row}` });
    add(table, 1_000n, { path: '/p0' });
    expect(paths(table)).toHaveLength(1_000);
    add(table, 1_001n, { path: '/more' });
    const left = new Set(paths(table));
    expect(left.size).toBe(1_000);
    expect(['/p0', '/p1', '/p2', '/more'].filter((path) => left.has(path))).toEqual(['/p0', '/p2', '/more']);
    expect(table.requests).toBe(1_002);
  });

  test('of more than 10,000 requests under way the eldest is forgotten', () => {
    const table = new TopTable();
    for (let request = 0n; request <= 10_000n; request++) table.add(began(request));
    table.add(ended(0n));
    expect(table.requests).toBe(0);
    table.add(ended(1n));
    table.add(ended(10_000n));
    expect(table.requests).toBe(2);
  });
});

test.each([
  ['/', '/'],
  ['', ''],
  ['*', '*'],
  ['/orders/42', '/orders/{id}'],
  ['/orders/42/lines/7', '/orders/{id}/lines/{id}'],
  ['/orders/42/', '/orders/{id}/'],
  ['/orders?id=42', '/orders'],
  ['/orders/42?a=/b?c\n/7', '/orders/{id}'],
  ['/users/7F1D7B9E-0c3f-4f4e-9d2c-5b1f6a7c8d9e', '/users/{id}'],
  ['/users/7f1d7b9e-0c3f-4f4e-9d2c', '/users/{id}'],
  ['/blobs/0123456789ab', '/blobs/{id}'],
  ['/blobs/0123456789a', '/blobs/0123456789a'],
  ['/blobs/abcdefabcdef', '/blobs/abcdefabcdef'],
  ['/keys/aZ09bY18cX27dW36', '/keys/{id}'],
  ['/keys/aZ09bY18cX27dW3', '/keys/aZ09bY18cX27dW3'],
  ['/keys/internationalization-guide', '/keys/internationalization-guide'],
  ['/api/v1/pods', '/api/v1/pods'],
  ['/v1.2/4x', '/v1.2/4x'],
  ['/cornershop.v1.OrderService/Place', '/cornershop.v1.OrderService/Place'],
])('the kind of path of %j is %j', (path, expected) => {
  expect(groupedPath(path)).toBe(expected);
});

test('a request that both ends tell of counts once', () => {
  const table = new TopTable();
  for (const [request, direction] of [
    [1n, Direction.OUTBOUND],
    [2n, Direction.INBOUND],
  ] as const) {
    const common = {
      request,
      direction,
      source: { labels: new Map([['pod', 'web-1']]) },
      destination: { labels: new Map([['pod', 'api-1']]) },
    };
    table.add(
      Event.fromPartial({ ...common, event: { $case: 'requestInit', value: { method: 'GET', path: '/' } } }),
    );
    table.add(Event.fromPartial({ ...common, event: { $case: 'requestEnd', value: {} } }));
  }
  expect(table.rows('count').map(({ count }) => count)).toEqual([1]);
});

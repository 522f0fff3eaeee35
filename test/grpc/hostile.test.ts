import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { GetDestination } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { createMesh } from '../../src/mesh/mesh.js';
import { destinationServer } from '../kit/destination.js';
import { ManualScheduler } from '../kit/manual-scheduler.js';
import { meshOptions, testMesh } from '../kit/mesh.js';
import { podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { until } from '../kit/until.js';
import { openRawStreams } from './raw-streams.js';

type Rpc = 'Get' | 'GetProfile';

const rpcs: readonly Rpc[] = ['Get', 'GetProfile'];
const authority = 'web.shop.svc.cluster.local:80';

/** Less than in production, so that a test can ask about more. */
const maxIdleKeys = 2_500;

let server: Awaited<ReturnType<typeof destinationServer>>;
let client: Client;

beforeEach(async () => {
  server = await destinationServer({}, testMesh({}, { maxIdleKeys }));
  client = new Client(server.address, credentials.createInsecure());
  server.mesh.apply(
    { service: serviceRow('web', { clusterIps: ['10.96.0.1'] }) },
    { pod: podRow('web-1', { ips: ['10.0.0.1'] }) },
    { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
  );
});

afterEach(async () => {
  client.close();
  await server.close();
});

interface Request {
  readonly path: string | Uint8Array;
  readonly contextToken?: string | Uint8Array;
}

/** The request as bytes, with fields that need not be well-formed text. */
function encode({ path, contextToken = '' }: Request): Buffer {
  const field = (number: number, value: string | Uint8Array): Buffer => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const length: number[] = [];
    for (let rest = bytes.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
  };
  return Buffer.concat([field(2, path), field(3, contextToken)]);
}

interface Outcome {
  /** `OPEN`: there was a first message. */
  readonly code: string;
  readonly details: string;
}

/** Opens a stream with this request, and closes it when the first thing has come. */
function ask(rpc: Rpc, request: Request): Promise<Outcome> {
  return new Promise((resolve) => {
    const call = client.makeServerStreamRequest(
      `/io.linkerd.proxy.destination.Destination/${rpc}`,
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      encode(request),
    );
    call.on('data', () => {
      resolve({ code: 'OPEN', details: '' });
      call.cancel();
    });
    call.on('error', ({ code, details }: ServiceError) => {
      resolve({ code: status[code], details });
    });
  });
}

const short = (outcome: Outcome): boolean => Buffer.byteLength(outcome.details) < 1_000;

test('the requests of these tests are what a client would send', () => {
  const request = { scheme: '', path: 'x'.repeat(300), contextToken: 'ns:shop' };
  expect(encode(request).equals(GetDestination.encode(request).finish())).toBe(true);
});

describe.each(rpcs)('%s', (rpc) => {
  test.each<[string, string | Uint8Array]>([
    ['64 KB of name', `${'a'.repeat(65_536)}.shop.svc.cluster.local:80`],
    ['64 KB of labels', `${'a.'.repeat(32_768)}svc.cluster.local:80`],
    ['64 KB of port', `web.shop.svc.cluster.local:${'8'.repeat(65_536)}`],
    ['64 KB of brackets', '['.repeat(65_536)],
    ['64 KB of an IPv6 address', `[${'0:'.repeat(32_768)}]`],
    ['64 KB of characters of three bytes', '€'.repeat(21_845)],
    ['a little of them', '€'.repeat(300)],
    ['1 MB', 'a'.repeat(1 << 20)],
    ['broken UTF-8', Buffer.from([0xff, 0xfe, 0xc0, 0x80])],
    ['broken UTF-8 within a name', Buffer.from('w\xe9b.shop.svc.cluster.local:80', 'latin1')],
    ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0x80])],
    ['a character cut off', Buffer.from([0x77, 0xe2, 0x82])],
    ['nothing', ''],
    ['zeros', '\0'.repeat(100)],
    ['lines', 'web.shop.svc.cluster.local:80\r\ngrpc-status: 0'],
    ['capitals', 'WEB.shop.svc.cluster.local:80'],
    ['a path', '/web.shop.svc.cluster.local:80'],
    ['separators of ours', 'web|80|.shop.svc.cluster.local:80'],
    ['a slash', 'web/shop.svc.cluster.local:80'],
  ])('an authority of %s is refused in few words', async (_, path) => {
    const outcome = await ask(rpc, { path });
    expect([outcome.code, short(outcome)]).toEqual(['INVALID_ARGUMENT', true]);
    expect(server.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each<[string, string | Uint8Array]>([
    ['JSON, 100,000 deep', '['.repeat(100_000)],
    ['closed JSON, 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['JSON as deep as is read', `${'['.repeat(2_000)}${']'.repeat(2_000)}`],
    ['objects, as deep as is read', `${'{"ns":'.repeat(600)}""${'}'.repeat(400)}`],
    ['1 MB of a name', `{"ns":"${'a'.repeat(1 << 20)}"}`],
    ['4 KB of names', `{"ns":"${'a'.repeat(2_000)}","nodeName":"${'b'.repeat(2_000)}"}`],
    ['1 MB of fields', `{${'"x":1,'.repeat(170_000)}"ns":"shop"}`],
    ['names of our own', '{"__proto__":{"ns":"x"},"constructor":1,"ns":"toString","nodeName":"__proto__"}'],
    ['wrong types', '{"ns":{},"nodeName":[1]}'],
    ['broken UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['separators of ours', '{"ns":"a|b/c","nodeName":"x|y"}'],
  ])('a token of %s harms nothing', async (_, contextToken) => {
    expect(await ask(rpc, { path: authority, contextToken })).toEqual({ code: 'OPEN', details: '' });
  });

  test('a request that is too large, or no message, ends its call only', async () => {
    const tooLarge = await ask(rpc, { path: 'a'.repeat(5_000_000) });
    expect([tooLarge.code, short(tooLarge)]).toEqual(['RESOURCE_EXHAUSTED', true]);
    expect((await ask(rpc, { path: authority })).code).toBe('OPEN');
  });
});

const many = 1_000;

function different(requestOf: (nth: number) => Request, count = many): readonly Buffer[] {
  return Array.from({ length: count }, (_, nth) => encode(requestOf(nth)));
}

const ipOf = (nth: number): string => `11.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`;

/** How often calls of this RPC have ended with each code. */
async function handled(rpc: Rpc): Promise<Readonly<Record<string, number>>> {
  const metric = await server.registry.getSingleMetric('grpc_server_handled_total')!.get();
  const ours = metric.values.filter(({ labels }) => labels['grpc_method'] === rpc);
  return Object.fromEntries(ours.map(({ labels, value }) => [labels['grpc_code'], value]));
}

describe('many different requests leave nothing behind', () => {
  test.each<[Rpc, string, string, readonly Buffer[]]>([
    ['Get', 'services', 'NotFound', different((nth) => ({ path: `s${nth}.shop.svc.cluster.local` }))],
    ['Get', 'instances', 'Canceled', different((nth) => ({ path: `i${nth}.${authority}` }))],
    ['Get', 'ports', 'Canceled', different((nth) => ({ path: `web.shop.svc.cluster.local:${nth + 1}` }))],
    [
      'Get',
      'nodes',
      'Canceled',
      different((nth) => ({ path: authority, contextToken: `{"nodeName":"n${nth}"}` })),
    ],
    ['GetProfile', 'services', 'NotFound', different((nth) => ({ path: `s${nth}.shop.svc.cluster.local` }))],
    ['GetProfile', 'instances', 'NotFound', different((nth) => ({ path: `i${nth}.${authority}` }))],
    ['GetProfile', 'ports', 'Canceled', different((nth) => ({ path: `10.0.0.1:${nth + 1}` }))],
    [
      'GetProfile',
      'namespaces',
      'Canceled',
      different((nth) => ({ path: authority, contextToken: `ns:n${nth}` })),
    ],
    [
      'GetProfile',
      'addresses, more than are kept',
      'Canceled',
      different((nth) => ({ path: `${ipOf(nth)}:80` }), 3_000),
    ],
  ])('%s: %s', async (rpc, about, code, requests) => {
    const { engine, scheduler, views, tables } = server.mesh;
    const half = requests.length / 2;
    const method = `/io.linkerd.proxy.destination.Destination/${rpc}`;
    const connections = await Promise.all(
      [requests.slice(0, half), requests.slice(half)].map((share) =>
        openRawStreams(server.address, method, share),
      ),
    );
    for (const { open, ended, maxHeaderBytes } of connections) {
      expect([open, ended]).toEqual(code === 'Canceled' ? [half, 0] : [0, half]);
      expect(maxHeaderBytes).toBeLessThan(1_000);
    }
    await Promise.all(connections.map((connection) => connection.close()));
    await until(() => server.server.openCalls().length === 0);
    expect((await handled(rpc))[code]).toBe(requests.length);

    expect(engine.idleKeys).toBe(about === 'services' ? 0 : Math.min(requests.length, maxIdleKeys));
    for (const view of views) expect(view.stats().keys).toBeLessThanOrEqual(maxIdleKeys);
    scheduler.advance(60_000);
    expect(views.map((view) => view.stats().keys)).toEqual(views.map(() => 0));
    const observed = Object.values(tables).filter((table) => 'observed' in table);
    expect(observed.map((table) => table.observed)).toEqual(observed.map(() => 0));
    for (const { name, values } of await server.registry.getMetricsAsJSON()) {
      if (/^conduit_destination_(?!encodings|lag)/.test(name)) expect([name, values]).toEqual([name, []]);
    }
    expect(server.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });
});

test('tens of thousands of destinations keep no more than the last of them', () => {
  const engine = new Engine({
    scheduler: new ManualScheduler(),
    onError: (error) => {
      throw error;
    },
  });
  const { clientProfiles, views } = createMesh(engine, meshOptions);
  for (let nth = 0; nth < 30_000; nth++) {
    const destination = { kind: 'address', ip: ipOf(nth), port: nth + 1 } as const;
    clientProfiles.read({ destination, clientNamespace: undefined });
  }
  expect(engine.idleKeys).toBe(10_000);
  expect(Math.max(...views.map((view) => view.stats().keys))).toBe(10_000);
});

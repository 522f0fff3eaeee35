import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Observer, RequestEnd } from '../../src/proxy/metrics/observer.js';
import type { ProxyOptions } from '../../src/proxy/proxy.js';
import { weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1, ask2, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';

/** Writes down what it is told, a line each. */
function recorder(): { observer: Observer; told: string[]; ends: RequestEnd[] } {
  const told: string[] = [];
  const ends: RequestEnd[] = [];
  const observer: Observer = {
    request: ({ target, head, routeLabels }) => {
      told.push(`request ${head.method} ${target.labels.get('pod')} ${[...routeLabels.values()].join()}`);
      return {
        responded: ({ status }) => told.push(`responded ${status}`),
        ended(end) {
          const { status, grpcStatus, classification, error, requestBytes, responseBytes } = end;
          told.push(
            `ended ${String(status)} grpc=${String(grpcStatus)} ${String(classification)} ${String(error)} ${requestBytes}/${responseBytes}`,
          );
          ends.push(end);
        },
      };
    },
    refused: ({ protocol, reason }) => told.push(`refused ${protocol} ${reason}`),
    connection: ({ peer }) => ({ closed: (errno) => told.push(`closed ${peer} ${String(errno)}`) }),
  };
  return { observer, told, ends };
}

/** The first one has nearly all of the weight. */
async function outboundTo(
  ports: readonly number[],
  observer: Observer,
  profile = {},
  options: Partial<ProxyOptions> = {},
): Promise<number> {
  const addrs = ports.map((port, index) =>
    weighted('127.0.0.1', port, { weight: index === 0 ? 10_000 : 1, metric_labels: { pod: `pod-${index}` } }),
  );
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } }, () => profile);
  return (await lab.proxy({ destinationAddress: destination.address, observer, ...options })).outboundPort;
}

test('a request is told from its start to its end, with bytes', async () => {
  const { port } = await lab.http1App((message, response) => {
    message.resume();
    message.on('end', () => response.end('hello'));
  });
  const { observer, told, ends } = recorder();
  const routes = [{ condition: { path: { regex: '/a' } }, metrics_labels: { route: 'GET /a' } }];
  const outbound = await outboundTo([port], observer, { routes });
  await ask1({ port: outbound, authority, path: '/a', method: 'POST', body: 'abc' });
  expect(told.filter((it) => !it.startsWith('closed'))).toEqual([
    'request POST pod-0 GET /a',
    'responded 200',
    'ended 200 grpc=undefined success undefined 3/5',
  ]);
  expect(ends[0]?.sinceRequestMs).toBeGreaterThan(0);
});

test('an endpoint that is away costs no failure where another one answers, and one where none does', async () => {
  const { port } = await lab.http1App((_message, response) => response.end());
  const { observer, told } = recorder();
  const outbound = await outboundTo([1, port], observer);
  for (let round = 0; round < 5; round++) await ask1({ port: outbound, authority });
  expect(new Set(told.filter((it) => /^(request|ended|refused)/.test(it)))).toEqual(
    new Set(['request GET pod-1 ', 'ended 200 grpc=undefined success undefined 0/0']),
  );

  const alone = recorder();
  await ask1({ port: await outboundTo([1], alone.observer), authority });
  expect(alone.told.slice(0, 3)).toEqual([
    'request GET pod-0 ',
    'ended undefined grpc=undefined failure connect 0/0',
    'refused http unreachable',
  ]);
});

test('what an endpoint’s sidecar couldn’t hand on is told once for it, and once for the next endpoint', async () => {
  const { port } = await lab.http1App((message, response) => message.pipe(response));
  const inbound = recorder();
  const sidecars = [await lab.sidecar(1, { observer: inbound.observer }), await lab.sidecar(port)];
  const { observer, told } = recorder();
  const outbound = await outboundTo(sidecars, observer, {}, { random: () => 0.5 });
  expect((await ask1({ port: outbound, authority, method: 'POST', body: 'abc' })).body).toBe('abc');
  await until(() => told.some((it) => it.startsWith('ended 200')));
  expect(told.filter((it) => !it.startsWith('closed'))).toEqual([
    'request POST pod-0 ',
    'responded 502',
    'ended 502 grpc=undefined failure undefined 3/0',
    'request POST pod-1 ',
    'responded 200',
    'ended 200 grpc=undefined success undefined 3/3',
  ]);
  expect(inbound.told.filter((it) => !it.startsWith('closed'))).toEqual([
    'request POST undefined ',
    'ended undefined grpc=undefined failure connect 0/0',
    'refused http unreachable',
  ]);
});

test('a stream that was refused, and is sent again, is a request each time', async () => {
  let streams = 0;
  const { port } = await lab.http2App((stream) => {
    streams += 1;
    if (streams === 1) {
      stream.close(7);
    } else {
      stream.respond();
      stream.end('x');
    }
  });
  const { observer, told } = recorder();
  await ask2(lab.http2Client(await outboundTo([port], observer)), { authority });
  expect(told.filter((it) => !it.startsWith('closed'))).toEqual([
    'request GET pod-0 ',
    'ended undefined grpc=undefined failure reset 0/0',
    'request GET pod-0 ',
    'responded 200',
    'ended 200 grpc=undefined success undefined 0/1',
  ]);
});

test('gRPC statuses are read from trailers', async () => {
  const { port } = await lab.http2App((stream) => {
    stream.respond({}, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '13' }));
    stream.end('x');
  });
  const { observer, ends } = recorder();
  await ask2(lab.http2Client(await outboundTo([port], observer)), { authority });
  expect(ends[0]).toMatchObject({ status: 200, grpcStatus: 13, classification: 'failure' });
});

test('a client that leaves is told as such, before and in the middle of a response', async () => {
  let asked = 0;
  const { port } = await lab.http2App((stream, headers) => {
    asked += 1;
    if (headers[':path'] === '/silent') return;
    stream.respond();
    stream.write('part');
  });
  const { observer, told } = recorder();
  const session = lab.http2Client(await outboundTo([port], observer));
  const silent = session.request({ ':path': '/silent', ':authority': authority });
  silent.on('error', () => {});
  await until(() => asked === 1);
  silent.close(8);
  const begun = session.request({ ':path': '/begun', ':authority': authority });
  begun.on('error', () => {});
  await new Promise((resolve) => begun.once('data', resolve));
  begun.close(8);
  await until(() => told.filter((it) => it.startsWith('ended')).length === 2);
  expect(told.filter((it) => it.startsWith('ended'))).toEqual([
    'ended undefined grpc=undefined undefined cancelled 0/0',
    'ended 200 grpc=undefined success cancelled 0/4',
  ]);
});

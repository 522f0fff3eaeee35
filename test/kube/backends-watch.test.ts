import { equal } from 'node:assert/strict';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.js';
import { BackendsWatch } from '../../src/kube/backends-watch.js';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { findCluster } from '../../src/kube/find-cluster.js';
import type { FailureReason } from '../../src/kube/watch-status.js';
import type { BackendsRow } from '../../src/mesh/rows.js';
import { rawEndpoints, rawList, rawSlice, rawStatus } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ManualClock } from './manual-clock.js';
import { RecordingSink } from './recording-sink.js';
import { said } from './said.js';
import { type Ask, ScriptedServer } from './scripted-server.js';

const slices = '/apis/discovery.k8s.io/v1/endpointslices';
const endpoints = '/api/v1/endpoints';

let server: ScriptedServer;
let client: ApiClient;
let clock: ManualClock;
let sink: RecordingSink<BackendsRow>;
let controller: AbortController;
let log: ReturnType<typeof recordingLog>;
let watch: BackendsWatch;
let done: Promise<void>;

beforeEach(async () => {
  server = await ScriptedServer.start();
  clock = new ManualClock();
  sink = new RecordingSink();
  controller = new AbortController();
  log = recordingLog();
});

afterEach(async () => {
  controller.abort();
  await done;
  client.close();
  await server.close();
  equal(clock.pending, 0, 'timers left behind');
});

async function start(): Promise<void> {
  const found = await findCluster({ server: server.url });
  if (!found.ok) throw new Error(found.problem.expected);
  client = new ApiClient({ cluster: found.cluster, clock });
  watch = new BackendsWatch({
    client,
    clock,
    sink,
    labels: meshLabels('conduit.io'),
    log: log.log,
    signal: controller.signal,
    // The longest of all delays: 1.6 s, 3.2 s, …
    random: () => 0,
  });
  done = watch.run();
}

async function next(path: string): Promise<Ask> {
  const ask = await server.next();
  expect(ask.path).toBe(path);
  return ask;
}

async function passBackoff(reason: FailureReason): Promise<void> {
  const { untilMs } = await until(
    () => {
      const { phase } = watch.status();
      const waits = phase.kind === 'backing-off' && phase.reason === reason;
      return waits && phase.untilMs > clock.nowMs() ? phase : undefined;
    },
    { what: `a backoff after ${reason}` },
  );
  expect(watch.status()).toMatchObject({ kind: 'EndpointSlice', staleSinceMs: expect.any(Number) });
  clock.advance(untilMs - clock.nowMs());
}

async function deny(path: string, code = 404): Promise<void> {
  (await next(path)).json(rawStatus(code, code === 404 ? 'NotFound' : 'Other'), code);
}

const noSlices =
  'the API server has no EndpointSlices; taking Endpoints, which hold no more than 1,000 addresses a service';

describe('backends', () => {
  test('come from slices where the API server has them', async () => {
    await start();
    expect(watch.status()).toMatchObject({
      kind: 'EndpointSlice',
      synced: false,
      phase: { kind: 'listing' },
    });
    (await next(slices)).json(rawList([rawSlice('web-1', 'web')]));
    await watch.synced;
    expect([...sink.rows.keys()]).toEqual(['default/web-1']);
    expect(watch.status()).toMatchObject({ kind: 'EndpointSlice', synced: true, objects: 1 });
    (await next(slices)).grant();
    expect(said(log.lines)).toEqual(['info: synced', 'info: source of backends chosen']);
    expect(log.lines.at(-1)).toMatchObject({ source: 'EndpointSlice' });
  });

  test('come from Endpoints where it has said three times that it has none', async () => {
    await start();
    for (let each = 0; each < 2; each += 1) {
      await deny(slices);
      await passBackoff('not-found');
    }
    await deny(slices);
    (await next(endpoints)).json(rawList([]));
    const list = await next(endpoints);
    expect(watch.status()).toMatchObject({ kind: 'Endpoints', synced: false, phase: { kind: 'listing' } });
    expect(sink.calls).toEqual([]);
    list.json(rawList([rawEndpoints('web')]));
    await watch.synced;
    expect(sink.verbs).toEqual(['reset default/web']);
    expect(watch.status()).toMatchObject({ kind: 'Endpoints', synced: true, objects: 1 });
    (await next(endpoints)).grant();
    expect(said(log.lines)).toEqual([
      'info: no such resource',
      `warn: ${noSlices}`,
      'info: synced',
      'info: source of backends chosen',
    ]);
    expect(log.lines.at(-1)).toMatchObject({ source: 'Endpoints' });
  });

  test('are waited for while the API server isn’t there', async () => {
    const { port } = server;
    await start();
    (await next(slices)).reset();
    await server.close();
    for (let each = 0; each < 3; each += 1) await passBackoff('connection');
    expect(watch.status().synced).toBe(false);
    await until(() => watch.status().counters.failures.connection === 4);
    server = await ScriptedServer.start(port);
    await passBackoff('connection');
    (await next(slices)).json(rawList([]));
    await watch.synced;
    expect(watch.status().kind).toBe('EndpointSlice');
  });

  test('are not taken from elsewhere where another answer came between', async () => {
    await start();
    for (const code of [404, 404, 503, 404, 404]) {
      await deny(slices, code);
      await passBackoff(code === 404 ? 'not-found' : 'server-error');
    }
    (await next(slices)).json(rawList([]));
    await watch.synced;
    expect(watch.status().kind).toBe('EndpointSlice');
  });

  test('are not taken from elsewhere where nothing else is served either, or might not be', async () => {
    await start();
    for (let each = 0; each < 2; each += 1) {
      await deny(slices);
      await passBackoff('not-found');
    }
    for (const code of [404, 403, 500]) {
      await deny(slices);
      await deny(endpoints, code);
      await passBackoff('not-found');
    }
    (await next(slices)).json(rawList([]));
    await watch.synced;
    expect(watch.status().kind).toBe('EndpointSlice');
    expect(said(log.lines)).not.toContain(`warn: ${noSlices}`);
  });

  test('stay what they are once they are there, whatever the API server says later', async () => {
    await start();
    (await next(slices)).json(rawList([rawSlice('web-1', 'web')]));
    const opened = await next(slices);
    opened.grant();
    opened.end();
    await passBackoff('closed-early');
    for (let each = 0; each < 5; each += 1) {
      await deny(slices);
      await passBackoff('not-found');
    }
    expect([...sink.rows.keys()]).toEqual(['default/web-1']);
    expect(watch.status()).toMatchObject({
      kind: 'EndpointSlice',
      synced: true,
      staleSinceMs: expect.any(Number),
    });
  });

  test('end with the signal, also while the choice is open', async () => {
    await start();
    for (let each = 0; each < 2; each += 1) {
      await deny(slices);
      await passBackoff('not-found');
    }
    await deny(slices);
    await next(endpoints);
    controller.abort(new Error('stopped'));
    await done;
    await expect(watch.synced).rejects.toThrow('stopped');
    expect(watch.status()).toMatchObject({ kind: 'EndpointSlice', phase: { kind: 'stopped' } });
    expect(server.waiting).toBe(0);
  });
});

test('a bug in the sink isn’t hidden', async () => {
  await start();
  sink.reset = () => {
    throw new TypeError('a bug');
  };
  // Handled at once: it rejects while the next line is awaited.
  const failed = done.catch((error: unknown) => error);
  done = Promise.resolve();
  (await next(slices)).json(rawList([]));
  expect(await failed).toEqual(new TypeError('a bug'));
  await expect(watch.synced).rejects.toThrow('a bug');
});

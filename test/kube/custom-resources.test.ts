import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.js';
import { findCluster } from '../../src/kube/find-cluster.js';
import { type WatchSet, watchCluster } from '../../src/kube/watch-set.js';
import type { ExternalWorkloadRow, ServerRow, ServiceProfileRow } from '../../src/mesh/rows.js';
import { type ApiServer, createApiServer } from '../../src/sandbox/api/server.js';
import { loadManifests } from '../../src/sandbox/manifests/load.js';
import type { KubeObject } from '../../src/sandbox/store/object.js';
import { definitionType } from '../../src/sandbox/store/resource.js';
import { Store } from '../../src/sandbox/store/store.js';
import { rawServer, rawServiceProfile } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ManualClock } from './manual-clock.js';
import { RecordingSink } from './recording-sink.js';
import { said } from './said.js';

// The API server of the sandbox, over real connections; only the waiting is the test's.

const profileName = 'web.default.svc.cluster.local';

let store: Store;
let server: ApiServer;
let client: ApiClient;
let clock: ManualClock;
let controller: AbortController;
let log: ReturnType<typeof recordingLog>;
let watches: WatchSet;
const sinks = {
  serviceProfiles: new RecordingSink<ServiceProfileRow>(),
  servers: new RecordingSink<ServerRow>(),
  externalWorkloads: new RecordingSink<ExternalWorkloadRow>(),
};

beforeEach(async () => {
  store = new Store();
  log = recordingLog();
  server = await createApiServer({ store, log: recordingLog().log });
  const found = await findCluster({ server: server.url });
  if (!found.ok) throw new Error(found.problem.expected);
  clock = new ManualClock();
  client = new ApiClient({ cluster: found.cluster, clock });
  controller = new AbortController();
  for (const sink of Object.values(sinks)) sink.rows.clear();
  const { signal } = controller;
  watches = watchCluster({ client, clock, sinks, meshDomain: 'conduit.io', log: log.log, signal });
});

afterEach(async () => {
  controller.abort();
  await watches.done;
  client.close();
  await server.close();
});

async function definitions(): Promise<readonly KubeObject[]> {
  const loaded = await loadManifests(['examples/mesh-resources']);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.manifests.map(({ object }) => object);
}

async function install(): Promise<void> {
  for (const definition of await definitions()) store.create(definitionType, definition);
}

function apply(raw: KubeObject): void {
  const { resourceVersion: _, uid: __, ...metadata } = raw.metadata;
  const type = server.catalog.byKind(raw.apiVersion, raw.kind);
  const outcome = type && store.create(type, { ...raw, metadata }, { seed: true });
  if (!outcome?.ok) throw new Error(outcome?.status.message ?? `no ${raw.kind}`);
}

function allWatch(): boolean {
  return watches.status().every(({ phase }) => phase.kind === 'watching');
}

/** Whether nothing is installed, and nothing under way. */
function allWait(): boolean {
  return watches.status().every(({ phase }) => phase.kind === 'absent' && phase.untilMs > clock.nowMs());
}

/** Lets the time until the next look at what isn't there pass, and gives the longest wait in milliseconds. */
function passAbsence(): number {
  const waits = watches
    .status()
    .flatMap(({ phase }) => ('untilMs' in phase ? [phase.untilMs - clock.nowMs()] : []));
  const longestMs = Math.max(0, ...waits);
  clock.advance(longestMs);
  return longestMs;
}

test('definitions that are installed later are noticed within 10 s, and their objects taken', async () => {
  await watches.synced;
  await until(allWait);
  for (let each = 0; each < 5; each += 1) {
    passAbsence();
    await until(allWait);
  }
  await install();
  apply(rawServiceProfile(profileName, { routes: [] }));
  expect(passAbsence()).toBeLessThanOrEqual(10_000);
  await until(() => allWatch() && sinks.serviceProfiles.rows.size === 1);
  apply(rawServer('web-http'));
  await until(() => sinks.servers.rows.size === 1);
  expect([...sinks.servers.rows.keys()]).toEqual(['default/web-http']);
  expect([...sinks.serviceProfiles.rows.keys()]).toEqual([`default/${profileName}`]);

  const kinds = ['ServiceProfile', 'Server', 'ExternalWorkload'];
  for (const kind of kinds) {
    expect(said(log.lines.filter((line) => line['kind'] === kind))).toEqual([
      'info: not installed; counts as empty until it is',
      'info: installed',
    ]);
  }
});

test('what is uninstalled lets its objects go, and is taken up again when it comes back', async () => {
  await install();
  await until(() => {
    if (watches.status().some(({ phase }) => phase.kind === 'absent')) passAbsence();
    return allWatch();
  });
  apply(rawServer('web-http'));
  await until(() => sinks.servers.rows.size === 1);

  for (const { metadata } of await definitions()) store.delete(definitionType, undefined, metadata.name);
  await until(() => sinks.servers.rows.size === 0);
  await until(() => {
    if (allWait()) return true;
    passAbsence();
    return false;
  });
  expect(watches.status().map(({ synced, staleSinceMs }) => ({ synced, staleSinceMs }))).toEqual(
    Array.from({ length: 3 }, () => ({ synced: true, staleSinceMs: undefined })),
  );
  expect(server.openWatches()).toBe(0);
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);

  await install();
  apply(rawServer('web-grpc'));
  passAbsence();
  await until(() => [...sinks.servers.rows.keys()].join() === 'default/web-grpc');
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApiServer } from '../../../src/sandbox/api/server.js';
import { startCluster } from '../../../src/sandbox/cluster.js';
import { PodRuntime } from '../../../src/sandbox/containers/pod-runtime.js';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { at, recordsAt, textAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { type ResourceType, resourceByKind } from '../../../src/sandbox/store/resource.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { until as untilSoon } from '../../kit/until.js';

/** Pods as processes: real ones, on real addresses. */

// Elsewhere, 127.0.0.1 is the only address that a pod could have.
const supported = process.platform === 'linux';
const file = (name: string): string => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const until = <T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 15_000 });

// Each test has a network of its own, so that no address is ever used twice.
let networks = process.pid % 200;

async function sandbox(options: { sidecars?: boolean; backoffMs?: number } = {}) {
  networks += 1;
  const store = new Store();
  const complaints: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => complaints.push(line) });
  const runtime = new PodRuntime({
    programs: new Map([['test/server', { file: file('server'), args: [] }]]),
    sidecar:
      options.sidecars === true
        ? {
            program: { file: file('sidecar'), args: ['proxy'] },
            meshedLabel: 'conduit.io/control-plane-ns',
            containerName: 'conduit-proxy',
            opaquePortsAnnotations: [],
            defaultOpaquePorts: [],
          }
        : undefined,
    backoff: { minMs: options.backoffMs ?? 100, maxMs: 60_000 },
  });
  const cluster = startCluster({
    store,
    log,
    runtime,
    podNetwork: `127.${80 + (networks % 15)}.${networks}.0/24`,
  });
  const api = await createApiServer({ store, log, containers: runtime });
  onTestFinished(async () => {
    await runtime.close();
    cluster.stop();
    await api.close();
    expect(complaints).toEqual([]);
  });
  runtime.open({ destinationAddr: '127.0.0.1:8086' });

  const get = (type: ResourceType, name: string): KubeObject | undefined => store.get(type, 'default', name);
  const pod = (name: string): KubeObject | undefined => get(kinds.pods, name);
  const containerState = (name: string, index = 0): unknown =>
    at(pod(name), 'status', 'containerStatuses', index);
  return {
    store,
    runtime,
    url: api.url,
    pod,
    containerState,
    apply: (...objects: readonly KubeObject[]) => {
      for (const object of objects) {
        const type = resourceByKind(object.apiVersion, object.kind);
        const outcome = type && store.create(type, object);
        if (!outcome?.ok) throw new Error(outcome?.status.message);
      }
    },
    remove: (name: string, gracePeriodSeconds?: number) => {
      store.delete(
        kinds.pods,
        'default',
        name,
        gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
      );
    },
    ready: (name: string) =>
      until(() =>
        recordsAt(pod(name), 'status', 'conditions').find(
          ({ type, status }) => type === 'Ready' && status === 'True',
        ),
      ),
    unready: (name: string) =>
      until(() =>
        recordsAt(pod(name), 'status', 'conditions').find(
          ({ type, status }) => type === 'Ready' && status === 'False',
        ),
      ),
    ask: async (name: string, path = '/') => {
      const response = await fetch(`http://${textAt(pod(name), 'status', 'podIP')}:8080${path}`);
      return response.json() as Promise<{ env: Record<string, string>; pid: number; title: string }>;
    },
    log: async (name: string, query = '') => {
      const response = await fetch(`${api.url}/api/v1/namespaces/default/pods/${name}/log${query}`);
      return response.text();
    },
    events: (name: string) =>
      store
        .list(kinds.events)
        .filter((event) => at(event, 'involvedObject', 'name') === name)
        .map((event) => `${String(event['reason'])}: ${String(event['message'])}`),
  };
}

function pod(name: string, options: { container?: object; spec?: object; labels?: object } = {}): KubeObject {
  const { container = {}, spec = {}, labels = {} } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { ...labels } },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'test/server:1',
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          ...container,
        },
      ],
      ...spec,
    },
  };
}

/** A process that is gone, or has no one to bury it. */
function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

describe.skipIf(!supported)('a pod whose image names a program', () => {
  test('runs it on its own address, with its environment and nothing of ours', async () => {
    process.env['CONDUIT_TEST_SECRET'] = 'ours';
    onTestFinished(() => {
      delete process.env['CONDUIT_TEST_SECRET'];
    });
    const { apply, ready, ask, log, pod: get, containerState } = await sandbox();
    const env = [
      { name: 'GREETING', value: 'hello' },
      { name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'BOTH', value: '$(GREETING) $(WHO)' },
      // What could load code into the process doesn't.
      { name: 'NODE_OPTIONS', value: '--import data:text/javascript,console.log("loaded")' },
    ];
    apply(pod('web', { container: { env, args: ['--who=$(WHO)'] } }));
    await ready('web');
    const answer = await ask('web');
    expect(answer.title).toBe('default/web/main');
    expect(answer.env).toMatchObject({
      GREETING: 'hello',
      WHO: 'web',
      BOTH: 'hello web',
      HOSTNAME: 'web',
      LISTEN_ADDR: textAt(get('web'), 'status', 'podIP'),
    });
    const own = ['CONDUIT_TEST_SECRET', 'CONDUIT_SANDBOX_CONTAINER', 'MESH_OUTBOUND', 'VITEST'];
    expect(Object.keys(answer.env).filter((name) => own.includes(name))).toEqual([]);
    expect(await log('web')).toBe('started --who=web\na warning\n');
    expect(containerState('web')).toMatchObject({ ready: true, restartCount: 0, state: { running: {} } });
  });

  test('is not ready before its port accepts connections', async () => {
    const { apply, pod: get, containerState, log } = await sandbox();
    const ports = [{ containerPort: 8080 }, { containerPort: 8081 }];
    apply(pod('web', { container: { ports } }));
    await until(async () => (await log('web')).includes('started'));
    await until(async () => containerState('web'));
    expect(containerState('web')).toMatchObject({ ready: false, started: true });
    expect(at(get('web'), 'status', 'phase')).toBe('Running');
  });

  test('whose image names none is an address, as ever', async () => {
    const { apply, ready, log } = await sandbox();
    apply(pod('other', { container: { image: 'nginx' } }));
    await ready('other');
    expect(JSON.parse(await log('other'))).toMatchObject({
      code: 400,
      message:
        'container "main" in pod "other" is a mere address in this sandbox: nothing runs, so there is no log',
    });
  });

  test('that is killed is started again, and waits longer each time', async () => {
    const { apply, ready, unready, ask, containerState, events } = await sandbox({ backoffMs: 300 });
    apply(pod('web'));
    await ready('web');
    process.kill((await ask('web')).pid, 'SIGKILL');
    await until(() => at(containerState('web'), 'restartCount') === 1);
    await ready('web');
    await ask('web', '/exit?code=7').catch(() => undefined);
    await unready('web');
    expect(containerState('web')).toMatchObject({
      ready: false,
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff', message: expect.stringContaining('back-off 300ms') } },
      lastState: { terminated: { exitCode: 7, reason: 'Error' } },
    });
    await ready('web');
    expect(containerState('web')).toMatchObject({
      restartCount: 2,
      lastState: { terminated: { exitCode: 7 } },
    });
    expect(events('web').filter((event) => event.startsWith('BackOff'))).toHaveLength(1);
  });

  test('that is not to be restarted succeeds or fails with its program', async () => {
    const { apply, pod: get } = await sandbox();
    const spec = { restartPolicy: 'Never' };
    apply(
      pod('good', { spec, container: { env: [{ name: 'CRASH', value: '0' }] } }),
      pod('bad', { spec, container: { env: [{ name: 'CRASH', value: '5' }] } }),
    );
    await until(() => at(get('good'), 'status', 'phase') === 'Succeeded');
    await until(() => at(get('bad'), 'status', 'phase') === 'Failed');
    const [status] = recordsAt(get('bad'), 'status', 'containerStatuses');
    expect(status).toMatchObject({ state: { terminated: { exitCode: 5, reason: 'Error' } } });
  });
});

describe.skipIf(!supported)('a pod that is deleted', () => {
  test('has its program end by itself, and goes when that has', async () => {
    const { apply, ready, ask, remove, pod: get, events, log } = await sandbox();
    apply(pod('web', { container: { env: [{ name: 'LINGER_MS', value: '200' }] } }));
    await ready('web');
    const { pid } = await ask('web');
    remove('web');
    await until(async () => (await log('web')).endsWith('told to end\n'));
    expect(get('web')?.metadata.deletionTimestamp).toBeDefined();
    await until(() => get('web') === undefined);
    expect(isGone(pid)).toBe(true);
    expect(events('web')).toContain('Killing: Stopping container main');
  });

  test('is killed when its time is over', async () => {
    const { apply, ready, ask, remove, pod: get } = await sandbox();
    apply(pod('web', { container: { env: [{ name: 'LINGER_MS', value: 'forever' }] } }));
    await ready('web');
    const { pid } = await ask('web');
    const beganMs = performance.now();
    remove('web', 1);
    await until(() => get('web') === undefined);
    expect(performance.now() - beganMs).toBeGreaterThan(950);
    expect(isGone(pid)).toBe(true);
  });

  test('by force leaves no process, and its successor gets another address', async () => {
    const { apply, ready, ask, remove, pod: get } = await sandbox();
    apply(pod('web', { container: { env: [{ name: 'LINGER_MS', value: 'forever' }] } }));
    await ready('web');
    const { pid } = await ask('web');
    const ip = textAt(get('web'), 'status', 'podIP');
    remove('web', 0);
    expect(get('web')).toBeUndefined();
    apply(pod('web'));
    await ready('web');
    await until(() => isGone(pid));
    expect(textAt(get('web'), 'status', 'podIP')).not.toBe(ip);
  });
});

describe.skipIf(!supported)('a pod of the mesh', () => {
  const meshed = (container: object = {}): KubeObject => {
    const plain = pod('web', { container, labels: { 'conduit.io/control-plane-ns': 'conduit' } });
    const sidecar = {
      name: 'conduit-proxy',
      image: 'conduit/proxy',
      readinessProbe: { httpGet: { path: '/ready', port: 4191 } },
    };
    return { ...plain, spec: { containers: [...recordsAt(plain, 'spec', 'containers'), sidecar] } };
  };

  test('is reached through its sidecar, which comes first and goes last', async () => {
    const { apply, ready, ask, log, remove, pod: get, url } = await sandbox({ sidecars: true });
    apply(meshed());
    await ready('web');
    const ip = textAt(get('web'), 'status', 'podIP') ?? '';
    const second = ip.replace(/^127\.(\d+)/, (_, octet) => `127.${Number(octet) + 64}`);
    expect((await ask('web')).env).toMatchObject({ LISTEN_ADDR: second, MESH_OUTBOUND: `http://${ip}:4140` });
    expect(await log('web', '?container=conduit-proxy')).toContain(
      `["--inbound",["${ip}:8080=${second}:8080"]]`,
    );
    const times = await Promise.all(
      ['main', 'conduit-proxy'].map(async (name) => log('web', `?container=${name}&timestamps=true`)),
    );
    const [program = '', sidecar = ''] = times.map((text) => text.slice(0, 30));
    expect(sidecar < program).toBe(true);

    const following = await Promise.all(
      ['main', 'conduit-proxy'].map((name) =>
        fetch(`${url}/api/v1/namespaces/default/pods/web/log?container=${name}&follow=true&timestamps=true`),
      ),
    );
    remove('web');
    const [main = '', proxy = ''] = await Promise.all(following.map((response) => response.text()));
    const toldAt = (text: string): string => text.split('\n').find((line) => line.includes('told')) ?? '';
    expect([toldAt(main), toldAt(proxy)]).toEqual([
      expect.stringMatching(/Z told to end$/),
      expect.stringMatching(/Z sidecar told to end$/),
    ]);
    expect(toldAt(main) < toldAt(proxy)).toBe(true);
    await until(() => get('web') === undefined);
  });

  test('keeps its program when the sidecar is killed', async () => {
    const { apply, ready, ask, containerState, events } = await sandbox({ sidecars: true });
    apply(meshed());
    await ready('web');
    const { pid } = await ask('web');
    const started = events('web').find((event) => event.includes('Started container conduit-proxy')) ?? '';
    process.kill(Number(/process (\d+)$/.exec(started)?.[1]), 'SIGKILL');
    await until(() => at(containerState('web', 1), 'restartCount') === 1);
    await ready('web');
    expect((await ask('web')).pid).toBe(pid);
  });
});

describe.skipIf(!supported)('logs', () => {
  test('can be cut, stamped and followed', async () => {
    const { apply, ready, ask, log, url } = await sandbox();
    apply(pod('web'));
    await ready('web');
    for (const text of ['one', 'two', 'three']) await ask('web', `/print?text=${text}`);
    expect(await log('web', '?tailLines=2')).toBe('two\nthree\n');
    expect(await log('web', '?tailLines=0')).toBe('');
    expect(await log('web', '?limitBytes=10')).toBe('started\na ');
    expect(await log('web', '?tailLines=1&timestamps=true')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n$/,
    );
    expect(await log('web', '?sinceSeconds=3600&tailLines=1')).toBe('three\n');
    expect(await log('web', '?sinceTime=2100-01-01T00:00:00Z')).toBe('');

    const response = await fetch(`${url}/api/v1/namespaces/default/pods/web/log?follow=true&tailLines=1`);
    expect(response.headers.get('content-type')).toBe('text/plain');
    let followed = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) followed += Buffer.from(chunk).toString();
    })();
    await ask('web', '/print?text=four');
    await until(() => followed === 'three\nfour\n');
    await ask('web', '/exit?code=1').catch(() => undefined);
    await reading;
    expect(followed).toBe('three\nfour\n');
    expect(await log('web', '?previous=true&tailLines=1')).toBe('four\n');
  });

  test.each([
    ['?container=nobody', 'container nobody is not valid for pod web'],
    ['?previous=true', 'previous terminated container "main" in pod "web" not found'],
    ['?tailLines=-1', 'tailLines, limitBytes, sinceSeconds or sinceTime makes no sense'],
  ])('that there are none of: %s', async (query, message) => {
    const { apply, ready, log } = await sandbox();
    apply(pod('web'));
    await ready('web');
    expect(JSON.parse(await log('web', query))).toMatchObject({ status: 'Failure', code: 400, message });
    expect(JSON.parse(await log('nobody'))).toMatchObject({ code: 404, message: 'pods "nobody" not found' });
  });
});

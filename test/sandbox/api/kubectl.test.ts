import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until as untilSoon } from '../../kit/until.js';
import { configMaps, deployments, pods, services, testStore } from '../store/kit.js';
import { type TestApi, testApi } from './kit.js';

const installed = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!installed)
  process.stderr.write('kubectl is not on PATH: the tests of the sandbox with it are skipped\n');

/** Processes take their time on a busy machine. */
const until = <T>(condition: () => T): Promise<NonNullable<T>> => untilSoon(condition, { timeoutMs: 15_000 });

interface Ran {
  readonly code: number;
  /** Standard output without its last newline. */
  readonly out: string;
  readonly err: string;
}

interface Kubectl extends TestApi {
  /** Runs to the end. */
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  /** Runs with a manifest in a file; `FILE` among the arguments stands for its path. */
  readonly runWith: (manifest: string, ...args: readonly string[]) => Promise<Ran>;
  /** Runs in the background, until the test ends; gives what it has printed so far. */
  readonly follow: (...args: readonly string[]) => () => string;
}

/** The real kubectl, with nothing of the user's around it. */
async function kubectl(): Promise<Kubectl> {
  // Ages count from the moment at which everything was created.
  const store = testStore();
  const api = await testApi({ store, clock: () => new Date('2026-01-02T03:04:10Z') });
  const home = await mkdtemp(join(tmpdir(), 'conduit-kubectl-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: join(home, 'none'), TZ: 'UTC' };
  const flags = ['--cache-dir', join(home, 'cache'), '--server', api.api.url, '--namespace', 'web'];
  const run = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      execFile('kubectl', [...flags, ...args], { env, cwd: home }, (error, out, err) => {
        const code = error ? Number(error.code ?? 1) : 0;
        resolve({ code, out: out.replace(/\n$/, ''), err });
      });
    });
  return {
    ...api,
    run,
    runWith: async (manifest, ...args) => {
      const file = join(home, 'manifest.yaml');
      await writeFile(file, manifest);
      return run(...args.map((arg) => (arg === 'FILE' ? file : arg)));
    },
    follow: (...args) => {
      const child = spawn('kubectl', [...flags, ...args], { env, cwd: home });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      onTestFinished(() => {
        child.kill();
      });
      return () => out;
    },
  };
}

const web = (image: string, port: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${image}
        ports: [{containerPort: 8080, name: http}]
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
      - name: side
        image: side:1
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: ${port}}]
`;

const configMap = (name: string, data = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {name: ${name}}}\ndata: {${data}}\n`;

const runningPod = (name: string, node: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  nodeName: ${node}
  containers: [{name: main, image: "main:1"}]
`;

const podStatus = JSON.stringify({
  status: {
    phase: 'Running',
    podIP: '10.0.0.7',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'main', ready: true, restartCount: 3, state: { running: {} } }],
  },
});

const ok = (out: string): Ran => ({ code: 0, out, err: '' });

describe.skipIf(!installed)('kubectl', () => {
  test('version and api-resources', async () => {
    const { run } = await kubectl();
    expect((await run('version')).out).toContain('Server Version: v1.32');
    const { code, out } = await run('api-resources', '--no-headers');
    expect(code).toBe(0);
    const rows = out.split('\n').map((line) => line.trim().split(/ +/).join(' '));
    expect(rows).toContain('deployments deploy apps/v1 true Deployment');
    expect(rows).toContain('namespaces ns v1 false Namespace');
    expect(rows).toContain('endpointslices discovery.k8s.io/v1 true EndpointSlice');
  });

  test('apply creates, then patches what changed, and leaves the rest', async () => {
    const { runWith, store, api } = await kubectl();
    const apply = (manifest: string) => runWith(manifest, 'apply', '-f', 'FILE');
    expect(await apply(web('web:1', 80))).toStrictEqual(
      ok('deployment.apps/web created\nservice/web created'),
    );
    const version = store.resourceVersion;
    expect(await apply(web('web:1', 80))).toStrictEqual(
      ok('deployment.apps/web unchanged\nservice/web unchanged'),
    );
    expect(store.resourceVersion).toBe(version);
    expect(await apply(web('web:2', 8080))).toStrictEqual(
      ok('deployment.apps/web configured\nservice/web configured'),
    );
    expect(store.get(deployments, 'web', 'web')).toMatchObject({
      metadata: { generation: 2 },
      spec: { template: { spec: { containers: [{ image: 'web:2' }, { image: 'side:1' }] } } },
    });
    expect(store.get(services, 'web', 'web')).toMatchObject({
      spec: { ports: [{ port: 80, targetPort: 8080 }] },
    });
    expect(api.traffic.requests({ verb: 'patch', plural: 'deployments', code: 200 })).toBe(1);
  });

  test('apply removes what the manifest no longer has', async () => {
    const { runWith, store } = await kubectl();
    await runWith(configMap('a', 'x: "1", z: "2"'), 'apply', '-f', 'FILE');
    await runWith(configMap('a', 'z: "3"'), 'apply', '-f', 'FILE');
    expect(store.get(configMaps, 'web', 'a')?.['data']).toStrictEqual({ z: '3' });
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    const shorter = web('web:1', 80).replace(/ {6}- name: side\n {8}image: side:1\n/, '');
    await runWith(shorter, 'apply', '-f', 'FILE');
    const containers = JSON.stringify(store.get(deployments, 'web', 'web')?.['spec']);
    expect(containers).not.toContain('side:1');
    expect(containers).toContain('web:1');
  });

  test('diff and dry runs show changes and make none', async () => {
    const { runWith, store } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    const version = store.resourceVersion;
    const diff = await runWith(web('web:2', 80), 'diff', '-f', 'FILE');
    expect(diff.code).toBe(1);
    expect(diff.out).toMatch(/^- +image: web:1$/m);
    expect(diff.out).toMatch(/^\+ +image: web:2$/m);
    expect(await runWith(web('web:1', 80), 'diff', '-f', 'FILE')).toStrictEqual(ok(''));
    expect(await runWith(web('web:2', 80), 'apply', '--dry-run=server', '-f', 'FILE')).toStrictEqual(
      ok('deployment.apps/web configured (server dry run)\nservice/web unchanged (server dry run)'),
    );
    expect(await runWith(configMap('a'), 'create', '--dry-run=server', '-f', 'FILE')).toStrictEqual(
      ok('configmap/a created (server dry run)'),
    );
    expect(store.resourceVersion).toBe(version);
  });

  test('create refuses what is there, and what is invalid with the field', async () => {
    const { runWith } = await kubectl();
    expect(await runWith(configMap('a'), 'create', '-f', 'FILE')).toStrictEqual(ok('configmap/a created'));
    const again = await runWith(configMap('a'), 'create', '-f', 'FILE');
    expect(again.err).toContain('(AlreadyExists)');
    expect(again.err).toContain('configmaps "a" already exists');
    const broken = web('web:1', 80).replace('matchLabels: {app: web}', 'matchLabels: {app: other}');
    const refused = await runWith(broken, 'create', '-f', 'FILE');
    expect(refused.err).toContain(
      'The Deployment "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    );
  });

  test('is told of fields that there are none of, and explains those that there are', async () => {
    const { run, runWith, store } = await kubectl();
    const typo = web('web:1', 80).replace('replicas: 2', 'replica: 2');
    const refused = await runWith(typo, 'apply', '-f', 'FILE');
    expect(refused.err).toContain('strict decoding error: unknown field "spec.replica"');
    const warned = await runWith(typo, 'apply', '--validate=warn', '-f', 'FILE');
    expect(warned.err).toBe('Warning: unknown field "spec.replica"\n');
    expect(store.get(deployments, 'web', 'web')?.['spec']).toMatchObject({ replicas: 1 });
    expect((await run('explain', 'deployment.spec.strategy')).out).toMatch(/^ +rollingUpdate\t<Object>$/m);
  });

  test('get prints tables', async () => {
    const { run, runWith } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    await runWith(runningPod('p', 'n1'), 'apply', '-f', 'FILE');
    await run('patch', 'pod', 'p', '--subresource=status', '--type=merge', '-p', podStatus);
    expect(await run('get', 'deploy')).toStrictEqual(
      ok('NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    0/2     0            0           5s'),
    );
    expect((await run('get', 'deploy', '-o', 'wide')).out).toBe(
      'NAME   READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES         SELECTOR\n' +
        'web    0/2     0            0           5s    web,side     web:1,side:1   app=web',
    );
    expect((await run('get', 'pods')).out).toBe(
      'NAME   READY   STATUS    RESTARTS   AGE\np      1/1     Running   3          5s',
    );
    expect((await run('get', 'po', '-o', 'wide')).out).toBe(
      'NAME   READY   STATUS    RESTARTS   AGE   IP         NODE   NOMINATED NODE   READINESS GATES\n' +
        'p      1/1     Running   3          5s    10.0.0.7   n1     <none>           <none>',
    );
    expect((await run('get', 'svc', 'web')).out).toBe(
      'NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\nweb    ClusterIP   <none>       <none>        80/TCP    5s',
    );
    expect((await run('get', 'ns', 'web')).out).toBe('NAME   STATUS   AGE\nweb    Active   5s');
    const all = await run('get', 'all', '--no-headers');
    expect(
      all.out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ')[0]),
    ).toStrictEqual(['pod/p', 'service/web', 'deployment.apps/web']);
  });

  test('get prints objects, and those of all namespaces', async () => {
    const { run, runWith } = await kubectl();
    await runWith(configMap('a', 'x: "1"'), 'apply', '-f', 'FILE');
    const json = await run('get', 'cm', 'a', '-o', 'json');
    expect(JSON.parse(json.out)).toMatchObject({ kind: 'ConfigMap', data: { x: '1' } });
    expect((await run('get', 'cm', 'a', '-o', 'yaml')).out).toContain('kind: ConfigMap');
    expect((await run('get', 'cm', '-o', 'jsonpath={.items[*].kind}')).out).toBe('ConfigMap');
    expect((await run('get', 'cm', '-A')).out).toBe(
      'NAMESPACE   NAME   DATA   AGE\nweb         a      1      5s',
    );
    expect((await run('get', 'cm', '--sort-by=.metadata.name', '-o', 'name')).out).toBe('configmap/a');
    expect(await run('get', 'cm', 'none')).toMatchObject({
      code: 1,
      err: 'Error from server (NotFound): configmaps "none" not found\n',
    });
  });

  test('get selects by labels and fields', async () => {
    const { run, runWith } = await kubectl();
    await runWith(['a', 'b', 'c'].map((name) => configMap(name)).join('\n---\n'), 'apply', '-f', 'FILE');
    const names = async (...args: readonly string[]) => (await run('get', 'cm', '-o', 'name', ...args)).out;
    expect(await names('-l', 'name=a')).toBe('configmap/a');
    expect(await names('-l', 'name in (a, c),name!=a')).toBe('configmap/c');
    expect(await names('-l', '!name')).toBe('');
    expect(await names('--field-selector', 'metadata.name=b')).toBe('configmap/b');
    expect(await names('--chunk-size=1')).toBe('configmap/a\nconfigmap/b\nconfigmap/c');
    const refused = await run('get', 'cm', '--field-selector', 'data.x=1');
    expect(refused.err).toContain('field label not supported: data.x');
  });

  test('get -w follows changes', async () => {
    const { run, runWith, follow } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    const table = follow('get', 'deploy', '-w', '--no-headers');
    const wide = follow('get', 'deploy', '-w', '-o', 'wide');
    const selected = follow('get', 'deploy', '-w', '-l', 'on', '-o', 'jsonpath={.metadata.labels.on}{"\\n"}');
    await until(() => table().includes('0/2') && wide().includes('web:1'));
    await run('label', 'deploy', 'web', 'on=1');
    await run('scale', 'deploy/web', '--replicas=3');
    await until(() => table().includes('0/3') && wide().includes('0/3') && selected().includes('1\n1\n'));
    expect(
      table()
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/)[1]),
    ).toStrictEqual(['0/2', '0/2', '0/3']);
  });

  test('scale, label, annotate, set image', async () => {
    const { run, runWith, store } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    expect(await run('scale', 'deploy/web', '--replicas=5')).toStrictEqual(ok('deployment.apps/web scaled'));
    expect((await run('scale', 'deploy/web', '--replicas=6', '--current-replicas=4')).code).toBe(1);
    expect(await run('label', 'deploy', 'web', 'tier=front', 'app-')).toStrictEqual(
      ok('deployment.apps/web labeled'),
    );
    expect(await run('annotate', 'deploy', 'web', 'note=x')).toStrictEqual(
      ok('deployment.apps/web annotated'),
    );
    expect(await run('set', 'image', 'deploy/web', 'web=web:9')).toStrictEqual(
      ok('deployment.apps/web image updated'),
    );
    expect(store.get(deployments, 'web', 'web')).toMatchObject({
      metadata: { labels: { tier: 'front' }, annotations: { note: 'x' } },
      spec: { replicas: 5, template: { spec: { containers: [{ image: 'web:9' }, { image: 'side:1' }] } } },
    });
    expect(store.get(deployments, 'web', 'web')?.metadata.labels).toStrictEqual({ tier: 'front' });
  });

  test('patch, of all three kinds, and rollout restart', async () => {
    const { run, runWith, store } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    const patch = (...args: readonly string[]) => run('patch', 'deploy', 'web', ...args);
    const strategic = { spec: { template: { spec: { containers: [{ name: 'side', image: 'side:2' }] } } } };
    expect(await patch('-p', JSON.stringify(strategic))).toStrictEqual(ok('deployment.apps/web patched'));
    await patch('--type=merge', '-p', '{"spec":{"paused":true}}');
    expect(store.get(deployments, 'web', 'web')).toMatchObject({ spec: { paused: true } });
    const operations = [
      { op: 'test', path: '/spec/paused', value: true },
      { op: 'remove', path: '/spec/paused' },
    ];
    await patch('--type=json', '-p', JSON.stringify(operations));
    expect(await patch('-p', '{}')).toStrictEqual(ok('deployment.apps/web patched (no change)'));
    expect(await run('rollout', 'restart', 'deploy/web')).toStrictEqual(ok('deployment.apps/web restarted'));
    expect(store.get(deployments, 'web', 'web')).toMatchObject({
      spec: {
        template: {
          metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': expect.any(String) } },
          spec: { containers: [{ image: 'web:1' }, { image: 'side:2' }] },
        },
      },
    });
    expect(store.get(deployments, 'web', 'web')?.['spec']).not.toHaveProperty('paused');
  });

  test('replace, with the version that it was read at', async () => {
    const { run, runWith } = await kubectl();
    await runWith(configMap('a', 'x: "1"'), 'create', '-f', 'FILE');
    const read = (await run('get', 'cm', 'a', '-o', 'yaml')).out;
    const changed = read.replace('x: "1"', 'x: "2"');
    expect(await runWith(changed, 'replace', '-f', 'FILE')).toStrictEqual(ok('configmap/a replaced'));
    const stale = await runWith(read, 'replace', '-f', 'FILE');
    expect(stale.err).toContain('(Conflict)');
    expect(await runWith(configMap('a', 'x: "3"'), 'replace', '-f', 'FILE')).toStrictEqual(
      ok('configmap/a replaced'),
    );
  });

  test('wait for a condition, a field and a deletion', async () => {
    const { run, runWith, follow, send } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    const condition = follow('wait', '--for=condition=Available', 'deploy/web');
    const field = follow('wait', '--for=jsonpath={.spec.replicas}=4', 'deploy/web');
    const deletion = follow('wait', '--for=delete', 'deploy/web');
    const path = '/apis/apps/v1/namespaces/web/deployments/web';
    const merge = { 'content-type': 'application/merge-patch+json' };
    const status = { status: { conditions: [{ type: 'Available', status: 'True' }] } };
    await send('PATCH', `${path}/status`, { headers: merge, body: status });
    await until(() => condition().includes('condition met'));
    expect(field()).toBe('');
    await send('PATCH', path, { headers: merge, body: { spec: { replicas: 4 } } });
    await until(() => field().includes('condition met'));
    expect(deletion()).toBe('');
    await run('delete', 'deploy', 'web');
    await until(() => deletion().includes('condition met'));
  });

  test('delete, one by one and all', async () => {
    const { run, runWith, store } = await kubectl();
    await runWith(['a', 'b', 'c'].map((name) => configMap(name)).join('\n---\n'), 'apply', '-f', 'FILE');
    expect(await run('delete', 'cm', 'a')).toStrictEqual(ok('configmap "a" deleted'));
    expect(await run('delete', 'cm', '-l', 'name=b')).toStrictEqual(ok('configmap "b" deleted'));
    expect(await run('delete', 'cm', '--all')).toStrictEqual(ok('configmap "c" deleted'));
    expect(store.list(configMaps)).toStrictEqual([]);
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    expect((await runWith(web('web:1', 80), 'delete', '-f', 'FILE')).out).toBe(
      'deployment.apps "web" deleted\nservice "web" deleted',
    );
    expect(await run('delete', 'cm', 'a', '--ignore-not-found')).toStrictEqual(ok(''));
  });

  test('delete waits for the end of a pod’s processes', async () => {
    const { runWith, follow, store } = await kubectl();
    await runWith(runningPod('p', 'n1'), 'apply', '-f', 'FILE');
    const deletion = follow('delete', 'pod', 'p');
    await until(() => store.get(pods, 'web', 'p')?.metadata.deletionTimestamp);
    const table = follow('get', 'pod', 'p', '--no-headers');
    await until(() => table().includes('Terminating'));
    store.delete(pods, 'web', 'p', { gracePeriodSeconds: 0 });
    await until(() => deletion().includes('pod "p" deleted'));
    expect(store.list(pods)).toStrictEqual([]);
  });

  test('a namespace is deleted with what is in it', async () => {
    const { run, runWith, store } = await kubectl();
    await runWith(configMap('a'), 'apply', '-f', 'FILE');
    expect(await run('delete', 'ns', 'web')).toMatchObject({ code: 0, out: 'namespace "web" deleted' });
    expect(store.list(configMaps)).toStrictEqual([]);
  });

  test('describe finds an object and its events', async () => {
    const { run, runWith, store } = await kubectl();
    await runWith(web('web:1', 80), 'apply', '-f', 'FILE');
    const uid = store.get(deployments, 'web', 'web')?.metadata.uid;
    const event = `
apiVersion: v1
kind: Event
metadata: {name: web.1}
involvedObject: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: web, uid: ${uid}}
type: Normal
reason: ScalingReplicaSet
message: Scaled up
firstTimestamp: "2026-01-02T03:04:05Z"
lastTimestamp: "2026-01-02T03:04:05Z"
count: 1
source: {component: deployment-controller}
`;
    await runWith(event, 'create', '-f', 'FILE');
    const { code, out } = await run('describe', 'deploy', 'web');
    expect(code).toBe(0);
    expect(out).toMatch(/ScalingReplicaSet +.*deployment-controller +Scaled up/);
    expect((await run('get', 'events')).out).toBe(
      'LAST SEEN   TYPE     REASON              OBJECT           MESSAGE\n' +
        '5s          Normal   ScalingReplicaSet   deployment/web   Scaled up',
    );
  });

  test('a defined type is served like any other', async () => {
    const { run, runWith } = await kubectl();
    const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
    const widget = (size: number): string =>
      `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: ${size}}\n`;
    await runWith(definition, 'apply', '-f', 'FILE');
    expect(await run('wait', '--for=condition=established', 'crd/widgets.example.com')).toMatchObject({
      code: 0,
    });
    expect(await runWith(widget(1), 'apply', '-f', 'FILE')).toStrictEqual(ok('widget.example.com/w created'));
    expect(await runWith(widget(2), 'apply', '-f', 'FILE')).toStrictEqual(
      ok('widget.example.com/w configured'),
    );
    const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await run('patch', 'wd', 'w', '--type=merge', '--subresource=status', '-p', status);
    expect((await run('get', 'wd')).out).toBe('NAME   SIZE   READY\nw      2      True');
    expect(await run('delete', 'wd', '--all')).toStrictEqual(ok('widget.example.com "w" deleted'));
  });

  test('the mesh’s own resources can be applied, as far as they are spelt right', async () => {
    const { run, runWith } = await kubectl();
    expect((await run('apply', '-f', join(process.cwd(), 'examples/mesh-resources'))).out).toBe(
      [
        'customresourcedefinition.apiextensions.k8s.io/serviceprofiles.linkerd.io created',
        'customresourcedefinition.apiextensions.k8s.io/servers.policy.linkerd.io created',
        'customresourcedefinition.apiextensions.k8s.io/externalworkloads.workload.linkerd.io created',
      ].join('\n'),
    );
    const profile = (route: string): string => `
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: web.web.svc.cluster.local}
spec:
  routes:
  - name: all
    condition: {all: [{method: GET}, {any: [{pathRegex: /a}, {not: {pathRegex: /b}}]}]}
    ${route}
  dstOverrides: [{authority: "web-2.web.svc.cluster.local:80", weight: 500m}]
  opaquePorts: ["25"]
`;
    const server = `
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: smtp}
spec: {podSelector: {matchLabels: {app: web}}, port: 25, proxyProtocol: opaque}
`;
    const workload = `
apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: vm}
spec:
  meshTLS: {identity: "spiffe://root/vm", serverName: vm.web}
  workloadIPs: [{ip: 192.0.2.1}]
  ports: [{name: http, port: 80}]
status: {conditions: [{type: Ready, status: "True"}]}
`;
    expect(await runWith(profile('isRetryable: true'), 'apply', '-f', 'FILE')).toStrictEqual(
      ok('serviceprofile.linkerd.io/web.web.svc.cluster.local created'),
    );
    expect((await runWith(profile('isRetriable: true'), 'apply', '-f', 'FILE')).err).toContain(
      'unknown field "spec.routes[0].isRetriable"',
    );
    expect((await runWith(profile('isRetryable: "yes"'), 'apply', '-f', 'FILE')).err).toContain(
      'spec.routes[0].isRetryable',
    );
    await runWith(`${server}---${workload}`, 'apply', '-f', 'FILE');
    expect((await run('get', 'srv')).out).toBe('NAME   PORT   PROTOCOL\nsmtp   25     opaque');
    expect((await run('get', 'external')).out).toMatch(/^NAME +IDENTITY +AGE\nvm +spiffe:\/\/root\/vm /);
    const read = await run('get', 'sp', '-o', 'jsonpath={.items[0].spec.routes[0].condition.all[1].any[1]}');
    expect(read.out).toBe('{"not":{"pathRegex":"/b"}}');
  });

  test('is told why what this server doesn’t do can’t be done', async () => {
    const { run, runWith } = await kubectl();
    const applied = await runWith(configMap('a'), 'apply', '--server-side', '-f', 'FILE');
    expect(applied.err).toContain('this server does no server-side apply');
    const generated = await run('create', 'configmap', 'a');
    expect(generated.err).toContain('pipe it to `kubectl apply -f -`');
  });
});

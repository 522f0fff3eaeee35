import { describe, expect, test } from 'vitest';
import { deployments } from '../store/kit.js';
import { configMap, installed, kubectl, ok, runningPod, until, web } from './kubectl-kit.js';

const podStatus = JSON.stringify({
  status: {
    phase: 'Running',
    podIP: '10.0.0.7',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'main', ready: true, restartCount: 3, state: { running: {} } }],
  },
});

describe.skipIf(!installed)('kubectl reads', () => {
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
});

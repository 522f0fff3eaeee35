import { describe, expect, test } from 'vitest';
import { configMaps, deployments, pods, services } from '../store/kit.js';
import { configMap, installed, kubectl, ok, runningPod, until, web } from './kubectl-kit.js';

describe.skipIf(!installed)('kubectl writes', () => {
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

  test('is told why what this server doesn’t do can’t be done', async () => {
    const { run, runWith } = await kubectl();
    const applied = await runWith(configMap('a'), 'apply', '--server-side', '-f', 'FILE');
    expect(applied.err).toContain('this server does no server-side apply');
    const generated = await run('create', 'configmap', 'a');
    expect(generated.err).toContain('pipe it to `kubectl apply -f -`');
  });
});

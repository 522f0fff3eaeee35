import { describe, expect, onTestFinished, test } from 'vitest';
import { nodeName, zone } from '../../src/core/ids.js';
import { apiServer } from '../kit/api.js';
import {
  bareBackend,
  nodeRow,
  podBackend,
  podRow,
  serverRow,
  serviceProfileRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';
import { run } from './run-program.js';

const web = 'web.shop.svc.cluster.local:80';
const empty = 'empty.shop.svc.cluster.local:81';
const gone = 'gone.shop.svc.cluster.local';
const token = '{"ns":"client","nodeName":"n1","pod":"cart-1"}';

async function serve() {
  const { mesh, address, close } = await apiServer();
  onTestFinished(close);
  const [a, b] = [zone('a'), zone('b')];
  const sidecar = { controlPlaneNamespace: 'conduit' };
  mesh.apply(
    { service: serviceRow('web') },
    { service: serviceRow('local', { internalTrafficPolicy: 'Local', ports: [{ name: '', port: 3306 }] }) },
    { service: serviceRow('empty') },
    { node: nodeRow('n1', 'a') },
    { pod: podRow('web-1', { ...sidecar, ips: ['10.0.0.1'] }) },
    { pod: podRow('web-2', { labels: { app: 'web' }, ...sidecar }) },
    { pod: podRow('web-3', { nodeName: nodeName('n1') }) },
    { server: serverRow('web', 'web', { port: { kind: 'number', port: 8080 } }) },
    {
      slice: sliceRow('web', 'a', [
        podBackend('10.0.0.10', 'web-2', { zone: b, forZones: [a, b] }),
        podBackend('10.0.0.9', 'web-1', { zone: a, forZones: [a] }),
        podBackend('10.0.0.11', 'web-3', { zone: b, forZones: [b] }),
        podBackend('10.0.0.12', 'web-4', { zone: b, ready: false }),
        podBackend('10.0.0.13', 'web-5'),
        bareBackend('10.0.0.9', { zone: a, forZones: [a] }),
      ]),
    },
    { slice: sliceRow('web', 'b', [bareBackend('fd00::7')], [{ name: 'grpc', port: 8080 }]) },
    { slice: sliceRow('local', 'a', [podBackend('10.0.0.11', 'web-3')], [{ name: '', port: 3306 }]) },
    {
      profile: serviceProfileRow(
        'web',
        { problems: ['spec.routes[1].condition: expected one of all, any, not, method, pathRegex'] },
        'client',
      ),
    },
    { profile: serviceProfileRow('web') },
  );
  return { mesh, address };
}

describe('endpoints --explain', () => {
  test('prints the rule, and every address with its verdict', async () => {
    const { address } = await serve();
    const flags = ['--explain', '--api-addr', address, '--context-token', token];
    const names = [web, empty, gone, 'local.shop.svc.cluster.local:3306'];
    const { code, stdout, stderr } = await run(['endpoints', ...names, ...flags]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${gone}: NOT_FOUND: Service gone.shop not found\n`,
    });
    await expect(stdout).toMatchFileSnapshot('golden/endpoints-explain.txt');
  });

  test('prints documents with -o json', async () => {
    const { address } = await serve();
    const flags = ['--explain', '-o', 'json', '--api-addr', address, '--context-token', token];
    const { code, stdout, stderr } = await run(['endpoints', web, ...flags]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/endpoints-explain-json.txt');
  });

  test('asks as nobody in particular without a context token', async () => {
    const { address } = await serve();
    const { stdout } = await run(['endpoints', web, '--explain', '--api-addr', address]);
    expect(stdout).toContain("Client    zone not known: the client doesn't say its node\n");
  });

  test('has colours on a terminal only', async () => {
    const { address } = await serve();
    const command = ['endpoints', web, '--explain', '--api-addr', address];
    const { stdout: plain } = await run(command);
    const { stdout: coloured } = await run(command, { isTty: true });
    expect(plain).not.toContain('\u001b');
    const lines = coloured.split('\n').filter((line) => line.includes('\u001b'));
    expect(lines.map((line) => line.slice(0, 5))).toEqual(
      plain
        .split('\n')
        .filter((line) => /   (served|excluded)   /.test(line))
        .map((line) => (line.includes('served') ? '\u001b[32m' : '\u001b[31m')),
    );
    expect(lines.length).toBe(7);
  });

  test('escapes what a terminal would act on', async () => {
    const { mesh, address } = await serve();
    const target = { kind: 'Other', targetKind: 'a\u001b[31m' } as const;
    mesh.apply({ slice: sliceRow('empty', 'a', [bareBackend('10.0.0.1', { target })]) });
    const { stdout } = await run([
      'endpoints',
      'empty.shop.svc.cluster.local',
      '--explain',
      '--api-addr',
      address,
    ]);
    expect(stdout).toContain('its targetRef is of kind a\\u001b[31m');
  });
});

describe('profile --explain', () => {
  test('prints what the authority is, and where its profile comes from', async () => {
    const { address } = await serve();
    const flags = ['--explain', '--api-addr', address, '--context-token', token];
    const names = [web, empty, '10.0.0.1:3306', '192.0.2.1:80', gone];
    const { code, stdout, stderr } = await run(['profile', ...names, ...flags]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${gone}: NOT_FOUND: Service gone.shop not found\n`,
    });
    await expect(stdout).toMatchFileSnapshot('golden/profile-explain.txt');
  });

  test('prints documents with -o json', async () => {
    const { address } = await serve();
    const flags = ['--explain', '-o', 'json', '--api-addr', address, '--context-token', token];
    const { code, stdout, stderr } = await run(['profile', web, ...flags]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/profile-explain-json.txt');
  });
});

test.each(['endpoints', 'profile'])('%s --explain is of one moment', async (command) => {
  expect(await run([command, web, '--explain', '--watch'])).toEqual({
    code: 2,
    stdout: '',
    stderr: `conduit ${command}: --explain explains one moment: it can't be combined with --watch\n`,
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/api-error.js';
import { type Cluster, describeProblem } from '../../src/kube/cluster.js';
import { type ClusterOptions, findCluster } from '../../src/kube/find-cluster.js';
import { ManualClock } from './manual-clock.js';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'conduit-kube-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Finds a cluster with nothing of this machine's in sight. */
function find(options: ClusterOptions) {
  return findCluster({ env: {}, homeDir: join(dir, 'home'), serviceAccountDir: join(dir, 'sa'), ...options });
}

async function found(options: ClusterOptions): Promise<Cluster> {
  const result = await find(options);
  if (!result.ok) throw new Error(describeProblem(result.problem));
  return result.cluster;
}

async function problem(options: ClusterOptions): Promise<string> {
  const result = await find(options);
  if (result.ok) throw new Error(`found ${result.cluster.description}`);
  return describeProblem(result.problem).replaceAll(dir, 'DIR');
}

const inPod = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

/** JSON is YAML, too. */
function kubeconfig(parts: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c1', user: 'u1' } },
      { name: 'two', context: { cluster: 'c2', user: 'u2' } },
    ],
    clusters: [
      { name: 'c1', cluster: { server: 'https://one.example:6443' } },
      { name: 'c2', cluster: { server: 'http://two.example:8001/base/' } },
    ],
    users: [
      { name: 'u1', user: { token: 't1' } },
      { name: 'u2', user: {} },
    ],
    ...parts,
  });
}

describe('where the cluster is looked for', () => {
  test('a server that is named overrides everything, and needs no credentials', async () => {
    const cluster = await found({ server: 'http://127.0.0.1:8001', env: inPod, kubeconfig: '/nonexistent' });
    expect(cluster.server.href).toBe('http://127.0.0.1:8001/');
    expect(await cluster.credentials.get()).toEqual({ headers: {}, tls: {}, agent: undefined });
  });

  test('then the kubeconfig that is named, then KUBECONFIG, then the user’s, then the pod', async () => {
    const named = file(
      'named',
      kubeconfig({ clusters: [{ name: 'c1', cluster: { server: 'https://named' } }] }),
    );
    const inEnv = file('env', kubeconfig({ clusters: [{ name: 'c1', cluster: { server: 'https://env' } }] }));
    file(
      'home/.kube/config',
      kubeconfig({ clusters: [{ name: 'c1', cluster: { server: 'https://home' } }] }),
    );
    file('sa/ca.crt', 'CA');
    file('sa/token', 'T');
    const env = { ...inPod, KUBECONFIG: inEnv };
    expect((await found({ kubeconfig: named, env })).server.host).toBe('named');
    expect((await found({ env })).server.host).toBe('env');
    expect((await found({ env: inPod })).server.host).toBe('home');
    expect((await found({ env: inPod, homeDir: join(dir, 'nobody') })).server.host).toBe('10.96.0.1');
  });

  test('a context of several files; the first to name a thing wins, and missing files don’t matter', async () => {
    const first = file('a', kubeconfig({ clusters: [{ name: 'c1', cluster: { server: 'https://first' } }] }));
    const second = file('b', kubeconfig());
    const env = { KUBECONFIG: [join(dir, 'missing'), first, second].join(':') };
    expect((await found({ env })).server.href).toBe('https://first/');
    const two = await found({ env, context: 'two' });
    expect(two.server.href).toBe('http://two.example:8001/base/');
    expect(two.description).toBe(`context two of ${second}`);
  });
});

describe('problems', () => {
  test.each([
    [{ server: 'localhost:8001' }, 'server: expected an http:// or https:// URL, not localhost:8001'],
    [{ server: 'nonsense' }, 'server: expected an http:// or https:// URL, not nonsense'],
    [{}, 'expected a kubeconfig file: --kubeconfig, KUBECONFIG or ~/.kube/config; or to run in a pod'],
    [{ context: 'x', env: inPod }, 'expected a kubeconfig file: --kubeconfig, KUBECONFIG or ~/.kube/config'],
    [{ kubeconfig: '/nonexistent' }, '/nonexistent: expected a kubeconfig file, not a missing file'],
    [{ env: { KUBECONFIG: '/nonexistent' } }, '/nonexistent: expected a kubeconfig file, not a missing file'],
  ])('%j', async (options, expected) => {
    expect(await problem(options)).toBe(expected);
  });

  test.each([
    [
      'not YAML',
      '{',
      /^DIR\/config: expected a kubeconfig file, not broken YAML \(YAMLParseError: .* at line 1/,
    ],
    ['empty', '', /^DIR\/config: expected a kubeconfig file, not an empty file$/],
    ['text', 'hello', /^DIR\/config: expected a kubeconfig file, not a string$/],
  ])('a file that is %s', async (_, content, expected) => {
    expect(await problem({ kubeconfig: file('config', content) })).toMatch(expected);
  });

  test.each([
    [{ 'current-context': undefined }, 'current-context: expected the name of a context: one, two'],
    [{ 'current-context': 'x' }, 'contexts: expected a context that exists: one, two, not x'],
    [{ contexts: [] }, 'contexts: expected a context that exists: there is none, not one'],
    [{ clusters: [] }, 'contexts.one.cluster: expected a cluster that exists: there is none, not c1'],
    [{ users: [{ name: 'x' }] }, 'contexts.one.user: expected a user that exists: x, not u1'],
    [
      { contexts: [{ name: 'one' }] },
      'contexts[0].context.cluster: expected a non-empty string, not nothing',
    ],
    [
      { clusters: [{ name: 'c1' }] },
      'clusters[0].cluster.server: expected an http:// or https:// URL, not nothing',
    ],
    [
      { clusters: [{ name: 'c1', cluster: { server: 'one.example' } }] },
      'clusters[0].cluster.server: expected an http:// or https:// URL, not "one.example"',
    ],
    [
      { clusters: [{ name: 'c1', cluster: { server: 'https://x', 'insecure-skip-tls-verify': 'yes' } }] },
      'clusters[0].cluster.insecure-skip-tls-verify: expected true or false, not "yes"',
    ],
    [{ users: [{ name: 'u1', user: { token: 5 } }] }, 'users[0].user.token: expected a string, not 5'],
  ])('a kubeconfig with %j', async (parts, expected) => {
    expect(await problem({ kubeconfig: file('config', kubeconfig(parts)) })).toBe(`DIR/config: ${expected}`);
  });

  test('a context that is asked for and doesn’t exist', async () => {
    expect(await problem({ kubeconfig: file('config', kubeconfig()), context: 'three' })).toBe(
      'DIR/config: contexts: expected a context that exists: one, two, not three',
    );
  });

  test.each([
    ['certificate-authority', 'clusters', 'the certificate authority of the cluster'],
    ['client-certificate', 'users', 'the client certificate of the user'],
    ['client-key', 'users', 'the client key of the user'],
    ['tokenFile', 'users', 'the token of the user'],
  ])('a %s that isn’t there', async (field, list, expected) => {
    const parts =
      list === 'users'
        ? { users: [{ name: 'u1', user: { [field]: 'missing' } }] }
        : { clusters: [{ name: 'c1', cluster: { server: 'https://x', [field]: 'missing' } }] };
    expect(await problem({ kubeconfig: file('config', kubeconfig(parts)) })).toBe(
      `DIR/missing: expected ${expected}, not a missing file`,
    );
  });

  test('a pod without its service account', async () => {
    expect(await problem({ env: inPod })).toBe(
      'DIR/sa/ca.crt: expected the CA that the API server is verified by, not a missing file',
    );
    file('sa/ca.crt', 'CA');
    expect(await problem({ env: inPod })).toMatch(
      /^DIR\/sa\/token: expected the pod's service account token/,
    );
    expect(await problem({ env: { KUBERNETES_SERVICE_HOST: 'no host' } })).toBe(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: expected a host and a port, not no host:443',
    );
  });
});

describe('credentials', () => {
  test('of a pod: the token is read again after a minute, and when it is refused', async () => {
    file('sa/ca.crt', 'CA');
    file('sa/token', 'first\n');
    const clock = new ManualClock();
    const { server, credentials } = await found({ env: inPod, clock });
    expect(server.href).toBe('https://10.96.0.1/');
    const first = await credentials.get();
    expect(first).toEqual({
      headers: { authorization: 'Bearer first' },
      tls: { ca: Buffer.from('CA') },
      agent: undefined,
    });
    file('sa/token', 'second');
    clock.advance(59_999);
    expect(await credentials.get()).toBe(first);
    clock.advance(1);
    const second = await credentials.get();
    expect(second.headers).toEqual({ authorization: 'Bearer second' });

    file('sa/token', 'third');
    const [third, also] = await Promise.all([credentials.renew(second), credentials.renew(second)]);
    expect(third.headers).toEqual({ authorization: 'Bearer third' });
    expect(await credentials.renew(first)).toBe(also);
  });

  test('that can’t be read are asked for again the next time', async () => {
    file('sa/ca.crt', 'CA');
    const token = file('sa/token', 'first');
    const { credentials } = await found({ env: inPod, clock: new ManualClock() });
    rmSync(token);
    await expect(credentials.get()).rejects.toMatchObject({ failure: { kind: 'credentials' } });
    await expect(credentials.get()).rejects.toBeInstanceOf(ApiError);
    file('sa/token', 'back');
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer back' });
  });

  test('of a pod in an IPv6 cluster', async () => {
    file('sa/ca.crt', 'CA');
    file('sa/token', 'T');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    expect((await found({ env })).server.href).toBe('https://[fd00::1]:6443/');
  });

  async function credentialsOf(user: object, cluster: object = {}) {
    const parts = {
      users: [{ name: 'u1', user }],
      clusters: [{ name: 'c1', cluster: { server: 'https://x', ...cluster } }],
    };
    return (await found({ kubeconfig: file('config', kubeconfig(parts)) })).credentials.get();
  }

  test.each([
    [{ token: 't' }, { authorization: 'Bearer t' }],
    [{ username: 'me', password: 'secret' }, { authorization: 'Basic bWU6c2VjcmV0' }],
    [{}, {}],
    [
      { as: 'other', 'as-groups': ['g1', 'g2'] },
      { 'impersonate-user': 'other', 'impersonate-group': ['g1', 'g2'] },
    ],
  ])('of a kubeconfig’s user %j', async (user, headers) => {
    expect((await credentialsOf(user)).headers).toEqual(headers);
  });

  test('a token’s file is relative to the kubeconfig and wins over a token', async () => {
    file('secret/token', 'from the file\n');
    expect((await credentialsOf({ token: 't', tokenFile: 'secret/token' })).headers).toEqual({
      authorization: 'Bearer from the file',
    });
  });

  test('certificates, in the file and beside it; the data wins', async () => {
    file('ca.crt', 'CA');
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const { tls } = await credentialsOf(
      {
        'client-certificate': 'nowhere',
        'client-certificate-data': base64('CERT'),
        'client-key-data': base64('KEY'),
      },
      { 'certificate-authority': 'ca.crt', 'tls-server-name': 'name', 'insecure-skip-tls-verify': true },
    );
    expect(tls).toEqual({
      ca: Buffer.from('CA'),
      cert: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
      servername: 'name',
      rejectUnauthorized: false,
    });
  });

  test('a kubeconfig is read again when its token is refused', async () => {
    const config = file('config', kubeconfig());
    const { credentials } = await found({ kubeconfig: config });
    const first = await credentials.get();
    file('config', kubeconfig({ users: [{ name: 'u1', user: { token: 'new' } }] }));
    expect((await credentials.renew(first)).headers).toEqual({ authorization: 'Bearer new' });
  });

  test('a login plugin is run, told what it must know, and run again when its token is refused', async () => {
    file('count', '');
    const plugin = file(
      'login.sh',
      `#!/bin/sh
echo run >> ${dir}/count
cat <<END
{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{
"token":"token-$(wc -l < ${dir}/count | tr -d ' ')-$MINE-$(echo "$KUBERNETES_EXEC_INFO" | grep -c ExecCredential)",
"expirationTimestamp":"2100-01-01T00:00:00Z"}}
END
`,
    );
    chmodSync(plugin, 0o700);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './login.sh',
      args: [],
      env: [{ name: 'MINE', value: 'env' }],
    };
    const clock = new ManualClock();
    const config = file('config', kubeconfig({ users: [{ name: 'u1', user: { exec } }] }));
    const { credentials } = await found({ kubeconfig: config, clock });
    const first = await credentials.get();
    expect(first).toEqual({ headers: { authorization: 'Bearer token-1-env-1' }, tls: {}, agent: undefined });
    // It hasn't expired: what it gave is used on.
    clock.advance(60_000);
    expect(await credentials.get()).toEqual(first);
    const renewed = await credentials.renew(await credentials.get());
    expect(renewed.headers).toEqual({ authorization: 'Bearer token-2-env-1' });
  });

  test('a login plugin that fails is a matter of credentials', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', args: [] };
    await expect(credentialsOf({ exec })).rejects.toMatchObject({ failure: { kind: 'credentials' } });
    const missing = { ...exec, command: '/nonexistent/login' };
    await expect(credentialsOf({ exec: missing })).rejects.toThrow(/no credentials: .*ENOENT/);
  });

  test('a proxy is taken', async () => {
    const { agent } = await credentialsOf({}, { 'proxy-url': 'http://proxy.example:3128' });
    expect(agent?.constructor.name).toBe('HttpsProxyAgent');
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bufCurl, bufStream, conduit, has, startSandbox } from '../kit/program.js';
import { until } from '../kit/until.js';

const get = 'io.linkerd.proxy.destination.Destination/Get';
const authority = 'web.corner-shop.svc.cluster.local:80';

interface Address {
  readonly ip: { readonly ipv4: number };
  readonly port: number;
}

interface UpdateJson {
  readonly add?: { readonly addrs: readonly { readonly addr: Address }[] };
  readonly remove?: { readonly addrs: readonly Address[] };
  readonly noEndpoints?: { readonly exists: boolean };
}

/** What a proxy would make of the stream, and whether it ever was left with fewer endpoints than it had to be. */
function follow(messages: readonly unknown[]) {
  const endpoints = new Set<string>();
  const sizes: number[] = [];
  const text = ({ ip, port }: Address): string =>
    `${[24, 16, 8, 0].map((shift) => (ip.ipv4 >>> shift) & 255).join('.')}:${port}`;
  for (const update of messages as readonly UpdateJson[]) {
    for (const { addr } of update.add?.addrs ?? []) endpoints.add(text(addr));
    for (const addr of update.remove?.addrs ?? []) endpoints.delete(text(addr));
    sizes.push(endpoints.size);
  }
  return { endpoints: [...endpoints].sort(), sizes, count: messages.length };
}

describe.skipIf(!has('kubectl'))('the sandbox with the example, under kubectl', () => {
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let stream: ReturnType<typeof bufStream>;

  const kubectl = (...args: readonly string[]): string =>
    sandbox.kubectl('--namespace', 'corner-shop', ...args);
  const podAddresses = (port: number): readonly string[] => {
    const columns =
      'custom-columns=:status.podIP,:metadata.deletionTimestamp,:status.conditions[?(@.type=="Ready")].status';
    return kubectl('get', 'pods', '--selector', 'app=web', '--output', columns, '--no-headers')
      .split('\n')
      .filter((line) => /<none>\s+True/.test(line))
      .map((line) => `${line.split(/\s+/)[0]}:${port}`)
      .sort();
  };
  const converged = async (port = 8080): Promise<readonly string[]> =>
    until(
      () => {
        const { endpoints } = follow(stream.messages());
        return JSON.stringify(endpoints) === JSON.stringify(podAddresses(port)) ? endpoints : undefined;
      },
      { what: 'the stream to show the ready pods', timeoutMs: 10_000 },
    );

  beforeAll(async () => {
    sandbox = await startSandbox('--pod-ready-delay', '50ms');
    kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=10s');
    stream = bufStream(`http://${sandbox.addresses.proxyApi}/${get}`, { path: authority });
    await until(() => stream.messages().length > 0, { timeoutMs: 10_000 });
  }, 40_000);

  afterAll(async () => {
    await stream.end('SIGTERM');
    await sandbox.close();
  });

  test('reflection alone lists the services of both ports, in both versions', () => {
    const list = (address: string, version: string): readonly string[] =>
      bufCurl('--reflect-protocol', version, '--list-services', `http://${address}`)
        .stdout.trim()
        .split('\n')
        .sort();
    const always = [
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ];
    for (const version of ['grpc-v1', 'grpc-v1alpha']) {
      expect(list(sandbox.addresses.proxyApi, version)).toEqual([
        'conduit.telemetry.v1.Telemetry',
        ...always,
        'io.linkerd.proxy.destination.Destination',
      ]);
      expect(list(sandbox.addresses.api, version)).toEqual([
        'conduit.api.v1.Api',
        'conduit.tap.v1.Tap',
        ...always,
      ]);
    }
  });

  test('a tap is streamed by reflection, and traffic is told', async () => {
    const target = { kind: 'RESOURCE_KIND_DEPLOYMENT', namespace: 'corner-shop', name: 'web' };
    const tap = bufStream(`http://${sandbox.addresses.api}/conduit.tap.v1.Tap/TapByResource`, { target });
    // Its pods are addresses only here: what there is to say is that nothing answers there. A network that swallows
    // what is sent to them has that said after 10 s.
    await until(() => JSON.stringify(tap.messages()).includes('NOTICE_KIND_POD_FAILED'), {
      timeoutMs: 15_000,
    });
    await tap.end('SIGTERM');
    const { stdout } = bufCurl(
      '-d',
      JSON.stringify({ selections: [{ ...target, name: '' }] }),
      `http://${sandbox.addresses.api}/conduit.api.v1.Api/StatSummary`,
    );
    expect(stdout).toContain('"kind": "RESOURCE_KIND_DEPLOYMENT"');
    expect(stdout).toContain('STAT_SOURCE_EMBEDDED');
  });

  test('the stream opens with the ready pods of the service', async () => {
    expect(follow(stream.messages().slice(0, 1)).endpoints).toHaveLength(2);
    expect(await converged()).toHaveLength(2);
  });

  test('scale up and down arrive', async () => {
    kubectl('scale', 'deployment', 'web', '--replicas', '5');
    await until(() => podAddresses(8080).length === 5);
    expect(await converged()).toHaveLength(5);
    kubectl('scale', 'deployment', 'web', '--replicas', '2');
    await until(() => podAddresses(8080).length === 2);
    expect(await converged()).toHaveLength(2);
  });

  test('a deleted pod goes and its successor comes', async () => {
    const before = await converged();
    const names = 'custom-columns=:status.podIP,:metadata.name';
    const pods = kubectl('get', 'pods', '--output', names, '--no-headers').split('\n');
    const pod = pods.find((line) => `${line.split(/\s+/)[0]}:8080` === before[0])?.split(/\s+/)[1];
    kubectl('delete', 'pod', pod ?? '', '--wait=false');
    await until(() => podAddresses(8080).length === 2 && podAddresses(8080).join() !== before.join());
    const after = await converged();
    expect(after.filter((address) => before.includes(address))).toHaveLength(1);
  });

  test('a rolling restart replaces every endpoint and never leaves fewer than the deployment promises', async () => {
    const before = await converged();
    const from = stream.messages().length;
    kubectl('rollout', 'restart', 'deployment', 'web');
    kubectl('rollout', 'status', 'deployment', 'web', '--timeout=15s');
    await until(() => podAddresses(8080).length === 2);
    const after = await converged();
    expect(after.filter((address) => before.includes(address))).toEqual([]);
    expect(Math.min(...follow(stream.messages()).sizes.slice(from))).toBeGreaterThanOrEqual(2);
  });

  test('a service’s new target port adds before it removes', async () => {
    const before = await converged();
    const from = stream.messages().length;
    const patch = { spec: { ports: [{ name: 'http', port: 80, targetPort: 9999 }] } };
    kubectl('patch', 'service', 'web', '--patch', JSON.stringify(patch));
    await converged(9999);
    const news = (stream.messages() as UpdateJson[]).slice(from);
    expect(news.map((update) => Object.keys(update)[0])).toEqual(['add', 'remove']);
    expect(news[1]?.remove?.addrs).toHaveLength(before.length);
  });

  test('what alters nothing on the wire sends nothing', async () => {
    await converged(9999);
    const { count } = follow(stream.messages());
    kubectl('label', 'service', 'web', 'team=front');
    kubectl('annotate', 'pods', '--selector', 'app=web', 'note=hello');
    kubectl('label', 'nodes', '--all', 'disk=ssd');
    kubectl('scale', 'deployment', 'catalog', '--replicas', '1');
    // A change that does arrive, behind all those that must not.
    kubectl('scale', 'deployment', 'web', '--replicas', '3');
    await until(() => podAddresses(9999).length === 3);
    await converged(9999);
    expect(follow(stream.messages()).count).toBe(count + 1);
  });

  test('conduit endpoints prints the same set', async () => {
    const addresses = await converged(9999);
    const program = conduit('endpoints', authority, '--addr', sandbox.addresses.proxyApi, '-o', 'json');
    expect(await program.end()).toBe(0);
    const printed = JSON.parse(program.stdout()).endpoints.map(
      ({ ip, port }: { ip: string; port: number }) => `${ip}:${port}`,
    );
    expect(printed.sort()).toEqual(addresses);
  });

  test('conduit endpoints --explain serves the same set, and says which objects it comes from', async () => {
    const addresses = await converged(9999);
    const flags = ['--explain', '--api-addr', sandbox.addresses.api, '-o', 'json'];
    const program = conduit('endpoints', authority, ...flags);
    expect(await program.end()).toBe(0);
    const explained: readonly { address: string; verdict: string; object: { kind: string } }[] = JSON.parse(
      program.stdout(),
    ).addresses;
    expect(new Set(explained.map(({ object }) => object.kind))).toEqual(new Set(['EndpointSlice']));
    const served = explained.filter(({ verdict }) => verdict === 'served');
    expect(served.map(({ address }) => address).sort()).toEqual(addresses);
  });

  test('names that can not be served get their status', () => {
    const call = (path: string) =>
      bufCurl('-d', JSON.stringify({ path }), `http://${sandbox.addresses.proxyApi}/${get}`).stderr;
    expect(call('nothing.corner-shop.svc.cluster.local:80')).toContain('not_found');
    expect(call('127.0.0.1:80')).toContain('invalid_argument');
    expect(call('web')).toContain('invalid_argument');
  });

  test('admin says that it lives, is ready, and what it counts', async () => {
    const url = `http://${sandbox.addresses.admin}`;
    expect([(await fetch(`${url}/live`)).status, (await fetch(`${url}/ready`)).status]).toEqual([200, 200]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('conduit_kube_watch_synced{kind="Pod"} 1');
    expect(metrics).toContain('conduit_view_subscribers{view="client_endpoints"} 1');
    expect(metrics).toMatch(/^grpc_server_started_total\{.*grpc_method="Get".*\} [1-9]/m);
  });

  test('SIGTERM ends the stream with UNAVAILABLE and the process with 0', async () => {
    sandbox.process.kill('SIGTERM');
    expect(await stream.end()).not.toBe(0);
    expect(stream.stderr()).toContain('unavailable');
    expect(await sandbox.end()).toBe(0);
  });
});

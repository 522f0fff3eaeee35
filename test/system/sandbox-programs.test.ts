import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { childrenOf, isAlive } from '../kit/processes.js';
import { has, startSandbox } from '../kit/program.js';
import { until as untilSoon } from '../kit/until.js';

const until = <T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 20_000 });

/** Two pods of the example's mail server, which needs nobody. */
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: mail}
spec:
  replicas: 2
  selector: {matchLabels: {app: mail}}
  template:
    metadata: {labels: {app: mail}}
    spec:
      containers:
        - name: mail
          image: conduit/corner-shop-mail:latest
          ports: [{containerPort: 2525}]
`;

async function sandbox(...flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'conduit-programs-'));
  const file = join(folder, 'mail.yaml');
  writeFileSync(file, manifest);
  const running = await startSandbox('--run-programs', 'true', '--manifests', file, ...flags);
  onTestFinished(async () => {
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return running;
}

async function listens(ip: string): Promise<boolean> {
  const socket = connect(2525, ip);
  const outcome = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error')]).catch(
    () => false,
  );
  socket.on('error', () => {});
  socket.destroy();
  return outcome === true;
}

describe.skipIf(!has('kubectl') || process.platform !== 'linux')('a sandbox that runs programs', () => {
  test('shows them to kubectl: status, logs, a crash, the end', async () => {
    const { kubectl, addresses } = await sandbox();
    kubectl('wait', '--for=condition=Available', 'deployment/mail', '--timeout=20s');
    expect(kubectl('get', 'pods', '--no-headers').match(/ 1\/1 +Running +0 /g)).toHaveLength(2);
    expect(kubectl('logs', 'deployment/mail')).toMatch(/^listening on 127\.\d+\.0\.\d:2525 \(TCP\)\n$/);
    expect(kubectl('logs', '--selector', 'app=mail', '--prefix').match(/\/mail\] listening/g)).toHaveLength(
      2,
    );

    const [name = ''] = kubectl('get', 'pods', '--output', 'jsonpath={.items[*].metadata.name}').split(' ');
    const server = ['--server', `http://${addresses.kubeApi}`];
    const follower = spawn('kubectl', [...server, 'logs', '--follow', '--tail', '1', name], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => {
      follower.kill();
    });
    let followed = '';
    follower.stdout.on('data', (chunk) => (followed += String(chunk)));
    await until(() => followed.includes('listening'));
    const pid = (): number => pidOf(kubectl('describe', 'pod', name));
    const first = pid();
    process.kill(first, 'SIGKILL');
    await once(follower, 'close');
    expect(followed).toMatch(/^listening on [\d.:]+ \(TCP\)\n$/);
    await until(() => / 1\/1 +Running +1 \(\S+ ago\) /.test(kubectl('get', 'pod', name)));
    // The event that names the process may come behind the status.
    await until(() => pid() !== first);
    process.kill(pid(), 'SIGKILL');
    await until(() => / 0\/1 +CrashLoopBackOff +1 /.test(kubectl('get', 'pod', name)));
    expect(kubectl('describe', 'pod', name)).toMatch(
      /Reason: +CrashLoopBackOff\n +Last State: +Terminated\n +Reason: +Error\n +Exit Code: +137\n/,
    );
    expect(kubectl('logs', '--previous', name)).toContain('listening');

    kubectl('delete', 'pod', name);
    kubectl('scale', 'deployment/mail', '--replicas', '0');
    await until(() => kubectl('get', 'pods', '--no-headers') === '');
  });

  test('takes them along, also when it is killed', async () => {
    const running = await sandbox();
    running.kubectl('wait', '--for=condition=Available', 'deployment/mail', '--timeout=20s');
    const children = childrenOf(running.process.pid);
    const ips = running.kubectl('get', 'pods', '--output', 'jsonpath={.items[*].status.podIP}').split(' ');
    expect(children).toHaveLength(2);
    expect(await Promise.all(ips.map(listens))).toEqual([true, true]);
    running.process.kill('SIGKILL');
    // With them go their ports, which another sandbox may have taken up at once.
    await until(() => !children.some(isAlive));
  });
});

/** Of the process that was started last. */
function pidOf(description: string): number {
  const pids = [...description.matchAll(/Started container mail, process (\d+)/g)].map(([, pid]) =>
    Number(pid),
  );
  return pids.at(-1) ?? 0;
}

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { DestinationClient } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { destinationAddr, startMesh } from '../disruption/mesh.js';
import type { Bench } from '../kit/bench.js';
import { formatNumber } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';

const proxies = 200;

const authorities = ['web:80', 'catalog:8080', 'orders:7000', 'stock:7100'].map((service) => {
  const [name, port] = service.split(':');
  return `${name}.corner-shop.svc.cluster.local:${port}`;
});

export const soak: Bench = {
  name: 'soak',
  summary: '200 proxies’ streams and the traffic of 20 pods for ten minutes, pods coming and going: RSS',
  async run({ quick }) {
    execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
    const [warmUpMs, minuteMs, minutes] = quick ? [10_000, 5_000, 2] : [120_000, 60_000, 10];
    const mesh = await startMesh();
    const streams = new Streams();
    try {
      const { shop } = mesh;
      await shop.scale('deployments/web', 4);
      await shop.scale('deployments/catalog', 6);
      await shop.scale('deployments/orders', 4);
      await shop.settled();
      streams.open();
      await setTimeout(warmUpMs);
      // The first requests come before the control plane does.
      const before = await shop.books();
      // Sidecars that live throughout: the others are young whenever they are looked at.
      const elders = sidecarsOf(mesh.pid);
      const samples = [sample(mesh.controlPlanePid(), elders)];
      for (let minute = 1; minute <= minutes; minute++) {
        await shop.deletePod(minute % 2 === 0 ? 'deployments/catalog' : 'deployments/web');
        await shop.settled();
        await setTimeout(minuteMs);
        samples.push(sample(mesh.controlPlanePid(), elders));
      }
      const after = await shop.books();
      const failed = after.failed - before.failed;
      print(samples);
      console.log(
        `\n${streams.messages} messages on ${proxies * authorities.length * 2} streams; ${streams.failures} failed; requests of the shoppers: ${after.requests - before.requests}, failed: ${failed}`,
      );
      printTarget(
        'control plane, RSS over the time',
        spread(samples.map(({ controlPlane }) => controlPlane)),
        { atMost: 10 },
        ' %',
      );
      printTarget(
        'sidecars, RSS over the time',
        spread(samples.map(({ sidecars }) => sidecars)),
        { atMost: 10 },
        ' %',
      );
      if (streams.failures > 0 || failed > 0)
        throw new Error(['something failed:', ...after.failures].join('\n'));
    } finally {
      streams.close();
      await mesh.stop();
    }
  },
};

/** What 200 proxies ask, each over a connection of its own. */
class Streams {
  messages = 0;
  failures = 0;
  readonly #clients: DestinationClient[] = [];
  #isClosed = false;

  open(): void {
    for (let proxy = 0; proxy < proxies; proxy++) {
      const client = new DestinationClient(destinationAddr, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      this.#clients.push(client);
      const contextToken = JSON.stringify({ ns: 'corner-shop', nodeName: `node-${(proxy % 3) + 1}` });
      for (const path of authorities) {
        const request = { scheme: '', path, contextToken };
        for (const call of [client.get(request), client.getProfile(request)]) {
          call.on('data', () => {
            this.messages += 1;
          });
          call.on('error', () => {
            if (!this.#isClosed) this.failures += 1;
          });
        }
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) client.close();
  }
}

interface Sample {
  readonly controlPlane: number;
  /** Of those that are still there, in the middle. */
  readonly sidecars: number;
  readonly count: number;
}

function sample(controlPlane: number, sidecars: readonly number[]): Sample {
  const sizes = sidecars
    .map(rssOf)
    .filter((bytes) => bytes > 0)
    .sort((a, b) => a - b);
  return {
    controlPlane: rssOf(controlPlane),
    sidecars: sizes[Math.floor(sizes.length / 2)] ?? 0,
    count: sizes.length,
  };
}

/** Children of the sandbox that are sidecars, and not programs. */
function sidecarsOf(sandbox: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const stat = textOf(`/proc/${pid}/stat`);
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === sandbox && textOf(`/proc/${pid}/cmdline`).includes('/conduit-proxy');
    });
}

function rssOf(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`)) ?? [];
  return Number(kib) * 1_024;
}

/** Empty for a process that has ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** How far the last half is above or below the first, in percent of the first. */
function spread(values: readonly number[]): number {
  const half = Math.ceil(values.length / 2);
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  return Math.abs(mean(values.slice(half)) / mean(values.slice(0, half)) - 1) * 100;
}

function print(samples: readonly Sample[]): void {
  console.log(
    formatTable(
      [
        ['minute', 'control plane MB', 'a sidecar MB', 'sidecars'],
        ...samples.map(({ controlPlane, sidecars, count }, minute) => [
          String(minute),
          formatNumber(controlPlane / 1e6),
          formatNumber(sidecars / 1e6),
          String(count),
        ]),
      ],
      0,
    ),
  );
}

import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { Bench } from '../kit/bench.js';
import { formatNumber } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { type Books, type CornerShop, type Workload, workloads } from './corner-shop.js';
import { startMesh } from './mesh.js';
import { cpuBetween, treeUse } from './process-tree.js';

export const disruption: Bench = {
  name: 'disruption',
  summary:
    'the example in the sandbox while it is restarted, scaled and killed: failed requests, memory, CPU',
  async run({ quick }) {
    // Pods are processes of the program as it is shipped, which finds its own files in dist/.
    execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
    const startedMs = performance.now();
    const mesh = await startMesh();
    try {
      const { shop } = mesh;
      await shop.settled();
      const readyMs = performance.now() - startedMs;

      const deployments = workloads.filter((workload) => workload.startsWith('deployments'));
      const each = (of: readonly Workload[], change: (workload: Workload) => Promise<void>) =>
        Promise.all(of.map(change)).then(() => shop.settled());
      const replicas = (count: number) => each(deployments, (workload) => shop.scale(workload, count));
      // Long enough for every sidecar to have been asked for all that it will be asked for.
      await setTimeout(quick ? 10_000 : 20_000);

      const rows: Row[] = [];
      const measure = async (what: string, happening: () => Promise<unknown>): Promise<void> => {
        rows.push(await measurePhase(shop, what, happening));
      };
      const before = treeUse(mesh.pid);
      const idleMs = quick ? 5_000 : 30_000;
      await measure('nothing', () => setTimeout(idleMs));
      const after = treeUse(mesh.pid);
      await measure('rolling restart of everything at once', () =>
        each(workloads, (workload) => shop.restart(workload)),
      );
      const sizes = [1, quick ? 4 : 10, 1, 3];
      await measure(`every deployment to ${sizes.join(', to ')}`, async () => {
        for (const count of sizes) await replicas(count);
      });
      await measure('a pod of each deleted, in turn', async () => {
        for (const workload of workloads) {
          await shop.deletePod(workload);
          await shop.settled();
        }
      });
      await setTimeout(5_000);
      const outageMs = quick ? 5_000 : 60_000;
      await measure(`the control plane killed, back after ${outageMs / 1_000} s`, async () => {
        await mesh.killControlPlane();
        await setTimeout(outageMs);
        await mesh.startControlPlane();
      });
      // Its clients try again after 10 s at most.
      await setTimeout(12_000);
      await measure('then a rolling restart of everything', () =>
        each(workloads, (workload) => shop.restart(workload)),
      );

      print(rows);
      const { failures } = await shop.books();
      console.log(`\nready after ${formatNumber(readyMs / 1_000)} s; ${after.processes} processes`);
      printTarget('memory, each shared page once', after.pssBytes / 1e6, { atMost: 1_000 }, ' MB');
      printTarget(
        'CPU while nothing happens',
        cpuBetween(before, after) / (idleMs / 1_000),
        { atMost: 1 },
        ' cores',
      );
      if (rows.some(({ failed }) => failed > 0))
        throw new Error(['requests failed:', ...failures].join('\n'));
    } finally {
      await mesh.stop();
    }
  },
};

interface Row extends Omit<Books, 'failures'> {
  readonly what: string;
  readonly seconds: number;
}

async function measurePhase(shop: CornerShop, what: string, happening: () => Promise<unknown>): Promise<Row> {
  const before = await shop.books();
  const startedMs = performance.now();
  await happening();
  // The consequences come a little later than the deed.
  await setTimeout(2_000);
  const after = await shop.books();
  return {
    what,
    seconds: (performance.now() - startedMs) / 1_000,
    requests: after.requests - before.requests,
    onPurpose: after.onPurpose - before.onPurpose,
    failed: after.failed - before.failed,
  };
}

function print(rows: readonly Row[]): void {
  console.log(
    formatTable(
      [
        ['what happens', 'seconds', 'requests', 'failed on purpose', 'failed'],
        ...rows.map(({ what, seconds, requests, onPurpose, failed }) => [
          what,
          formatNumber(seconds),
          ...[requests, onPurpose, failed].map(String),
        ]),
      ],
      1,
    ),
  );
}

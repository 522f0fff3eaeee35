import process from 'node:process';
import { crashLoop } from './crash-loop/bench.js';
import { disruption } from './disruption/bench.js';
import { fanOut } from './fan-out/bench.js';
import type { Bench } from './kit/bench.js';
import { build } from './kit/build.js';
import { describeMachine } from './kit/machine.js';
import { proxy } from './proxy/bench.js';
import { scale } from './scale/bench.js';
import { scrape } from './scrape/bench.js';
import { soak } from './soak/bench.js';
import { start } from './start/bench.js';
import { telemetry } from './telemetry/bench.js';
import { storm } from './storm/bench.js';
import { tap } from './tap/bench.js';
import { zonesBench } from './zones/bench.js';

const benches: readonly Bench[] = [
  fanOut,
  start,
  scale,
  zonesBench,
  storm,
  crashLoop,
  proxy,
  telemetry,
  tap,
  disruption,
  scrape,
  soak,
];

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const flags = args.filter((arg) => arg.startsWith('--'));
const quick = flags.includes('--quick');
const nodeFlags = flags.filter((flag) => flag !== '--quick');
const unknown = names.filter((name) => benches.every((bench) => bench.name !== name));

if (names.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`no bench is called ${name}`);
  console.log('npm run bench -- [name…] [--quick] [flags for the Node of the measured processes]\n');
  for (const { name, summary } of benches) console.log(`  ${name.padEnd(12)}${summary}`);
  console.log();
}
if (unknown.length > 0) {
  process.exitCode = 2;
} else {
  const options = { quick, build: build(), nodeFlags };
  for (const bench of benches) {
    if (names.length > 0 && !names.includes(bench.name)) continue;
    console.log(`${bench.name}: ${bench.summary}\n${describeMachine()}\n`);
    try {
      await bench.run(options);
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
    }
    console.log();
  }
}

import { cpus, loadavg, totalmem } from 'node:os';
import process from 'node:process';
import { formatNumber } from './statistics.js';

/** What the numbers depend on. A load near the number of cores means that they are not to be trusted. */
export function describeMachine(): string {
  const cores = cpus();
  const gib = totalmem() / 2 ** 30;
  const load = loadavg().map(formatNumber).join(' ');
  return `Node ${process.version}, ${cores.length} cores (${cores[0]?.model ?? 'unknown'}), ${formatNumber(gib)} GiB, load ${load}`;
}

import { readFileSync, readdirSync } from 'node:fs';

/** What a process and its children take. Read from /proc, so on Linux only. */
export interface TreeUse {
  readonly processes: number;
  /** User and system time since the start of each. */
  readonly cpuSeconds: ReadonlyMap<number, number>;
  /** Proportional set size: pages that several of them share count once. */
  readonly pssBytes: number;
}

/** The unit of times in /proc: 1/100 s on every Linux that Node runs on. */
const ticksPerSecond = 100;

export function treeUse(root: number): TreeUse {
  const cpuSeconds = new Map<number, number>();
  let pssBytes = 0;
  for (const pid of readdirSync('/proc').map(Number)) {
    const stat = textOf(`/proc/${pid}/stat`);
    // The fields behind the name, which may have spaces in it, from the third: state, parent, …, utime, stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (pid !== root && Number(fields[1]) !== root) continue;
    cpuSeconds.set(pid, (Number(fields[11]) + Number(fields[12])) / ticksPerSecond);
    const [, kib = '0'] = /^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`)) ?? [];
    pssBytes += Number(kib) * 1_024;
  }
  return { processes: cpuSeconds.size, cpuSeconds, pssBytes };
}

/** Seconds of CPU between two readings, by the processes that both have. */
export function cpuBetween(before: TreeUse, after: TreeUse): number {
  return [...after.cpuSeconds].reduce(
    (sum, [pid, seconds]) => sum + seconds - (before.cpuSeconds.get(pid) ?? seconds),
    0,
  );
}

/** Empty for a process that has just ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

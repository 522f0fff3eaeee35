import { readFileSync, readdirSync } from 'node:fs';

/** The ids of the processes that this one started and that are alive: a zombie is not. */
export function childrenOf(parent: number | undefined): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const [, state, ppid] = /^\d+ \(.*\) (\S) (\d+)/s.exec(statOf(pid)) ?? [];
      return state !== 'Z' && Number(ppid) === parent;
    });
}

/** Whether there is such a process and it isn't a zombie. */
export function isAlive(pid: number): boolean {
  const [, state = 'Z'] = /^\d+ \(.*\) (\S)/s.exec(statOf(pid)) ?? [];
  return state !== 'Z';
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

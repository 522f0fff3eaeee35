import process from 'node:process';

/** User and system time of this process since it began. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

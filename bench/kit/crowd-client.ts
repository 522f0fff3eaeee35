import { Crowd, type CrowdDelivery, type CrowdOptions } from './crowd.js';
import { serveCommands } from './worker.js';

/** A process with one crowd at a time. */

let crowd: Crowd | undefined;

const commands = {
  /** Connects, and opens every stream at once. */
  open(options: CrowdOptions): Promise<CrowdDelivery> {
    crowd = new Crowd(options);
    return crowd.delivered();
  },
  /** Cancels every stream and opens it again, at once. */
  reopen(): Promise<CrowdDelivery> {
    opened().reopen();
    return opened().delivered();
  },
  expect(groups: readonly string[]): void {
    opened().expect(groups);
  },
  delivered(): Promise<CrowdDelivery> {
    return opened().delivered();
  },
  close(): void {
    opened().close();
    crowd = undefined;
  },
} as const;

export type CrowdCommands = typeof commands;

function opened(): Crowd {
  if (crowd === undefined) throw new Error('no crowd was opened');
  return crowd;
}

serveCommands(commands);

import { Crowd, type CrowdDelivery, type CrowdOptions } from './crowd.js';
import { serveCommands } from './worker.js';

/** A process with one crowd at a time. */

let crowd: Crowd | undefined;
let opened: CrowdOptions | undefined;

const commands = {
  /** Connects, and opens every stream at once. */
  open(options: CrowdOptions): Promise<CrowdDelivery> {
    opened = options;
    crowd = new Crowd(options);
    return crowd.delivered();
  },
  /** Cuts every connection, and connects and opens every stream again, at once. */
  reconnect(): Promise<CrowdDelivery> {
    present().cut();
    if (opened === undefined) throw new Error('no crowd was opened');
    crowd = new Crowd(opened);
    return crowd.delivered();
  },
  /** Cancels every stream and opens it again, at once. */
  reopen(): Promise<CrowdDelivery> {
    present().reopen();
    return present().delivered();
  },
  expect(groups: readonly string[]): void {
    present().expect(groups);
  },
  delivered(): Promise<CrowdDelivery> {
    return present().delivered();
  },
  close(): void {
    present().close();
    crowd = undefined;
  },
} as const;

export type CrowdCommands = typeof commands;

function present(): Crowd {
  if (crowd === undefined) throw new Error('no crowd was opened');
  return crowd;
}

serveCommands(commands);

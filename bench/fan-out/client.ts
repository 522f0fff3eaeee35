import { serveCommands } from '../kit/worker.js';
import { type Delivered, Fleet, type FleetOptions } from './fleet.js';
import type { Change } from '../kit/service-under-change.js';

/** A process with any number of fleets, each by its name. */

const fleets = new Map<string, Fleet>();

const commands = {
  /** Opens a fleet; its streams are told the whole set. */
  async open({ name, ...options }: FleetOptions & { name: string }): Promise<Delivered> {
    const fleet = new Fleet(options);
    fleets.set(name, fleet);
    return fleet.delivered();
  },
  expect({ name, change }: { name: string; change: Change }): void {
    fleetOf(name).expect(change);
  },
  delivered(name: string): Promise<Delivered> {
    return fleetOf(name).delivered();
  },
  close(name: string): void {
    fleetOf(name).close();
    fleets.delete(name);
  },
} as const;

export type ClientCommands = typeof commands;

function fleetOf(name: string): Fleet {
  const fleet = fleets.get(name);
  if (fleet === undefined) throw new Error(`no fleet ${name}`);
  return fleet;
}

serveCommands(commands);

import { startGrpcServer } from '../kit/grpc-server.js';
import { serveCommands } from '../kit/worker.js';
import { cpuMicros } from '../proxy/cpu.js';
import { type Variant, type VariantName, variants } from './variants.js';

/** A process that takes reports in one way, and reads its own CPU time. */

let variant: Variant | undefined;

const commands = {
  async start(name: VariantName): Promise<number> {
    variant = variants[name]();
    return (await startGrpcServer(variant.service)).port;
  },
  cpuMicros,
  total: (): Promise<number> | number | undefined => variant?.total(),
} as const;

export type ServerCommands = typeof commands;

serveCommands(commands);

import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { VersionConfig } from '../config/flags.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';

/** The version of this package. */
export function packageVersion(): string {
  // Two folders up is the package, from src/commands as from dist/commands.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new Error('package.json holds no version');
  }
  return String(manifest.version);
}

export async function run({ output }: VersionConfig, io: Io): Promise<number> {
  const facts = {
    version: packageVersion(),
    node: process.version,
    platform: process.platform,
    arch: process.arch,
  };
  io.stdout.write(
    output === 'json'
      ? `${JSON.stringify(facts)}\n`
      : `conduit ${facts.version}\nNode.js ${facts.node}\n${facts.platform}/${facts.arch}\n`,
  );
  return exitCode.ok;
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Under node_modules, which is neither committed nor linted; packages resolve from here as they do from dist/. Worktrees
 * that share their node_modules by a link don't share this.
 */
const output = join(root, 'node_modules/.cache', `conduit-bench-${nameOf(root)}`);

function nameOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 8);
}

/**
 * Compiles src/ and bench/ as they are now, and returns the folder that holds both. What is measured is this: tsx would
 * wrap every function that has a name, which costs time and memory that the shipped program doesn't take.
 */
export function build(): string {
  mkdirSync(output, { recursive: true });
  // The scope that says "type": "module", and where src/commands reads the version.
  copyFileSync(join(root, 'package.json'), join(output, 'package.json'));
  execFileSync(
    join(root, 'node_modules/.bin/tsc'),
    ['-p', join(root, 'bench/tsconfig.json'), '--outDir', output],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return output;
}

import { accessSync, constants } from 'node:fs';
import type { ClusterProblem } from './cluster.js';

/** The problem with a file that must be readable, said at the start rather than on every request. */
export function unreadableFile(file: string, expected: string): ClusterProblem | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return { file, field: undefined, value: describeFileError(error), expected };
  }
}

export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'a missing file';
    case 'EACCES':
      return 'a file that may not be read';
    default:
      return typeof code === 'string' ? code : String(error);
  }
}

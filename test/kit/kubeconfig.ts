import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a kubeconfig for an API server that lets everybody in, and returns its path. */
export function writeKubeconfig(folder: string, server: string): string {
  const file = join(folder, `${new URL(server).port}.yaml`);
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'ctx', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'ctx',
    }),
  );
  return file;
}

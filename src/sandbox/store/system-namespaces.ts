import { namespaceType } from './resource.js';
import type { Store } from './store.js';

/** The namespaces that every cluster has from its start. */
const names = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** Creates those of them that aren't there. */
export function ensureSystemNamespaces(store: Store): void {
  for (const name of names) {
    if (!store.get(namespaceType, undefined, name)) {
      store.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }
}

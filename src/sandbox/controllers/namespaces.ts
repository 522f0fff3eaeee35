import type { Store } from '../store/store.js';
import { createObject } from './client.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  startController,
  watchOwn,
} from './controller.js';
import * as kinds from './kinds.js';

/** Adds the namespaces that are missing of those named. */
export function seedNamespaces(store: Store, names: readonly string[]): void {
  for (const name of names) {
    if (store.get(kinds.namespaces, undefined, name)) continue;
    createObject(store, kinds.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
}

/**
 * Gives every namespace a ServiceAccount `default`, which pods run as unless they say otherwise. (Emptying a namespace
 * that is deleted is the store's work.)
 */
export function startServiceAccounts(context: ControllerContext): Controller {
  const { store } = context;
  return startController(context, {
    name: 'serviceaccounts',
    watches: [
      watchOwn(kinds.namespaces),
      { type: kinds.serviceAccounts, keys: ({ object }) => [`/${object.metadata.namespace ?? ''}`] },
    ],
    reconcile: (key) => {
      const namespace = getByKey(store, kinds.namespaces, key);
      if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return;
      const metadata = { namespace: namespace.metadata.name, name: 'default' };
      if (store.get(kinds.serviceAccounts, metadata.namespace, metadata.name)) return;
      createObject(store, kinds.serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    },
  });
}

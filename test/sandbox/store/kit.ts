import type { KubeObject, ObjectMeta } from '../../../src/sandbox/store/object.js';
import { type ResourceType, resourceByKind } from '../../../src/sandbox/store/resource.js';
import { type Outcome, Store, type StoreEvent, type StoreOptions } from '../../../src/sandbox/store/store.js';

/** Objects that say no more than a test needs. */

export function typeOf(apiVersion: string, kind: string): ResourceType {
  return resourceByKind(apiVersion, kind)!;
}

export const namespaces = typeOf('v1', 'Namespace');
export const nodes = typeOf('v1', 'Node');
export const pods = typeOf('v1', 'Pod');
export const services = typeOf('v1', 'Service');
export const configMaps = typeOf('v1', 'ConfigMap');
export const secrets = typeOf('v1', 'Secret');
export const deployments = typeOf('apps/v1', 'Deployment');
export const definitions = typeOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition');

/** An object of a type, in namespace `web` where the type has one. */
export function objectOf(
  type: ResourceType,
  name: string,
  fields: Readonly<Record<string, unknown>> & { readonly metadata?: Partial<ObjectMeta> } = {},
): KubeObject {
  return {
    ...fields,
    apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
    kind: type.kind,
    metadata: { name, ...(type.namespaced && { namespace: 'web' }), ...fields.metadata },
  };
}

export function configMap(name: string, data: Readonly<Record<string, unknown>> = {}): KubeObject {
  return objectOf(configMaps, name, { data });
}

export function pod(name: string, options: { readonly nodeName?: string } = {}): KubeObject {
  return objectOf(pods, name, {
    spec: { containers: [{ name: 'main', image: 'main:1' }], ...options },
  });
}

export function deployment(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return objectOf(deployments, name, {
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'main:1' }] },
      },
      ...spec,
    },
  });
}

export const start = new Date('2026-01-02T03:04:05.678Z');

/** A store with the namespace `web`, at a fixed time, whose uids count. */
export function testStore(options: StoreOptions = {}): Store {
  let count = 0;
  const uid = (): string => {
    count += 1;
    return `uid-${count}`;
  };
  const store = new Store({ clock: () => start, uid, ...options });
  store.create(namespaces, objectOf(namespaces, 'web'));
  return store;
}

/** The object that a write led to; a refusal fails the test. */
export function written(outcome: Outcome): KubeObject {
  if (!outcome.ok) throw new Error(outcome.status.message);
  return outcome.object;
}

/** The refusal that a write met, as code and message. */
export function refusal(outcome: Outcome): string {
  if (outcome.ok) throw new Error('the write was accepted');
  return `${outcome.status.code} ${outcome.status.message}`;
}

/** Every event of a type from now on, as `ADDED name@version`. */
export function recorded(store: Store, type: ResourceType): string[] {
  const events: string[] = [];
  store.subscribe(type, (event) => events.push(eventText(event)));
  return events;
}

export function eventText({ type, object }: StoreEvent): string {
  return `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`;
}

import { pino } from 'pino';
import { type ClusterOptions, startCluster } from '../../../src/sandbox/cluster.js';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { type Pod, isActive, podOf } from '../../../src/sandbox/controllers/pod.js';
import { fieldsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { type ResourceType, resourceByKind } from '../../../src/sandbox/store/resource.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { VirtualClock } from './virtual-clock.js';

/** A cluster under a virtual clock: nothing happens but by `advance`, and always in the same order. */
export interface TestCluster {
  readonly store: Store;
  readonly clock: VirtualClock;
  /** What was logged at the level warn or above. */
  readonly complaints: readonly unknown[];
  apply(...objects: readonly KubeObject[]): void;
  /** Changes fields of the spec, or of the metadata, of an object. */
  patch(type: ResourceType, name: string, change: { spec?: object; metadata?: object }): void;
  get(type: ResourceType, name: string): KubeObject;
  delete(type: ResourceType, name: string, options?: Parameters<Store['delete']>[3]): void;
  /** By name; of the namespace `default`, as everything here. */
  pods(): readonly Pod[];
  activePods(): readonly Pod[];
  events(about: string): readonly string[];
  /** Throws where a controller complained. */
  stop(): void;
}

export function testCluster(options: Partial<ClusterOptions> = {}): TestCluster {
  const clock = new VirtualClock();
  let uids = 0;
  const store =
    options.store ?? new Store({ clock: () => new Date(clock.now()), uid: () => `uid-${++uids}` });
  const complaints: unknown[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => complaints.push(JSON.parse(line)) });
  const cluster = startCluster({ store, log, clock, ...options });
  clock.settle();

  const get = (type: ResourceType, name: string): KubeObject => {
    const object = store.get(type, type.namespaced ? 'default' : undefined, name);
    if (!object) throw new Error(`there is no ${type.kind} ${name}`);
    return object;
  };
  const pods = (): readonly Pod[] => store.list(kinds.pods, 'default').map(podOf);
  return {
    store,
    clock,
    complaints,
    get,
    pods,
    activePods: () => pods().filter(isActive),
    apply: (...objects) => {
      for (const object of objects) {
        const type = resourceByKind(object.apiVersion, object.kind);
        const outcome = type && store.create(type, object);
        if (!outcome?.ok) throw new Error(`refused: ${outcome?.status.message ?? `no kind ${object.kind}`}`);
      }
    },
    patch: (type, name, { spec, metadata }) => {
      const object = get(type, name);
      const outcome = store.update(type, {
        ...object,
        metadata: { ...object.metadata, ...metadata },
        spec: { ...fieldsAt(object, 'spec'), ...spec },
      });
      if (!outcome.ok) throw new Error(`refused: ${outcome.status.message}`);
    },
    delete: (type, name, deleteOptions) => {
      const outcome = store.delete(type, type.namespaced ? 'default' : undefined, name, deleteOptions);
      if (!outcome.ok) throw new Error(`refused: ${outcome.status.message}`);
    },
    events: (about) =>
      store
        .list(kinds.events)
        .filter((event) => fieldsAt(event, 'involvedObject')?.['name'] === about)
        .map((event) => `${String(event['reason'])}: ${String(event['message'])}`),
    stop: () => {
      cluster.stop();
      if (complaints.length > 0) throw new Error(`the controllers complained: ${JSON.stringify(complaints)}`);
    },
  };
}

/** A pod template with one container, labelled `app`. */
export function template(app: string, version = '1'): object {
  return {
    metadata: { labels: { app } },
    spec: {
      containers: [
        { name: 'main', image: `${app}:${version}`, ports: [{ name: 'http', containerPort: 8080 }] },
      ],
    },
  };
}

export function deployment(name: string, spec: object = {}): KubeObject {
  return workload('Deployment', name, spec);
}

export function workload(kind: string, name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
  };
}

export function service(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
  };
}

export function pod(
  name: string,
  options: { labels?: object; annotations?: object; spec?: object } = {},
): KubeObject {
  const { labels = {}, annotations = {}, spec = {} } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { ...labels }, annotations: { ...annotations } },
    spec: {
      containers: [{ name: 'main', image: 'main:1', ports: [{ name: 'http', containerPort: 8080 }] }],
      ...spec,
    },
  };
}

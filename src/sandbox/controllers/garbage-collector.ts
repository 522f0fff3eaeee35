import type { KubeObject, OwnerReference } from '../store/object.js';
import { resourceByKind, resources } from '../store/resource.js';
import { deleteObject, updateObject } from './client.js';
import { type Controller, type ControllerContext, startController } from './controller.js';
import { type ObjectLocation, OwnerGraph } from './owner-graph.js';

const foregroundFinalizer = 'foregroundDeletion';
const orphanFinalizer = 'orphan';

/**
 * Deletes objects all of whose owners are gone, and works through the two finalizers by which a deletion says what is to become of
 * the dependents: `foregroundDeletion` deletes them first, `orphan` lets them go.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents
 */
export function startGarbageCollector(context: ControllerContext): Controller {
  const graph = new OwnerGraph();
  const collector = new Collector(context, graph);
  return startController(context, {
    name: 'garbagecollector',
    watches: resources.map((type) => ({ type, keys: (event) => graph.apply(type, event) })),
    reconcile: (uid) => collector.judge(uid),
  });
}

interface Found {
  readonly location: ObjectLocation;
  readonly object: KubeObject;
}

class Collector {
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph;

  constructor(context: ControllerContext, graph: OwnerGraph) {
    this.#context = context;
    this.#graph = graph;
  }

  judge(uid: string): void {
    const found = this.#find(uid);
    if (!found) return;
    const { deletionTimestamp, finalizers = [] } = found.object.metadata;
    if (deletionTimestamp === undefined) this.#judgeOwners(found);
    else if (finalizers.includes(orphanFinalizer)) this.#orphanDependents(found, uid);
    else if (finalizers.includes(foregroundFinalizer)) this.#deleteDependents(found, uid);
  }

  #find(uid: string): Found | undefined {
    const location = this.#graph.locate(uid);
    if (!location) return undefined;
    const object = this.#context.store.get(location.type, location.namespace, location.name);
    return object?.metadata.uid === uid ? { location, object } : undefined;
  }

  /** An object lives as long as one of its owners stays. */
  #judgeOwners({ location, object }: Found): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const fates = owners.map((owner) => this.#fateOf(owner));
    if (!fates.includes('stays')) {
      // Where owners wait in the foreground, what this object owns itself must go before it.
      const foreground =
        fates.includes('leaving') && this.#graph.dependentsOf(object.metadata.uid ?? '').length > 0;
      deleteObject(this.#context.store, location.type, object, {
        propagationPolicy: foreground ? 'Foreground' : 'Background',
      });
      return;
    }
    const present = owners.filter((_, index) => fates[index] !== 'gone');
    if (present.length < owners.length) this.#write(location, object, { ownerReferences: present });
  }

  #fateOf({ apiVersion, kind, uid }: OwnerReference): 'stays' | 'leaving' | 'gone' {
    const owner = this.#find(uid);
    // Of kinds that aren't watched here nobody can tell whether they are gone.
    if (!owner) return resourceByKind(apiVersion, kind) ? 'gone' : 'stays';
    const { deletionTimestamp, finalizers = [] } = owner.object.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer) ? 'leaving' : 'stays';
  }

  #orphanDependents(owner: Found, uid: string): void {
    for (const { location, object } of this.#dependents(uid)) {
      const ownerReferences =
        object.metadata.ownerReferences?.filter((reference) => reference.uid !== uid) ?? [];
      this.#write(location, object, { ownerReferences });
    }
    this.#finish(owner, orphanFinalizer);
  }

  /** The dependents themselves are judged one by one; here it only matters whether any is left to wait for. */
  #deleteDependents(owner: Found, uid: string): void {
    const blocks = ({ object }: Found): boolean =>
      object.metadata.ownerReferences?.some((one) => one.uid === uid && one.blockOwnerDeletion === true) ??
      false;
    if (!this.#dependents(uid).some(blocks)) this.#finish(owner, foregroundFinalizer);
  }

  #dependents(uid: string): readonly Found[] {
    return this.#graph.dependentsOf(uid).flatMap((dependent) => this.#find(dependent) ?? []);
  }

  #finish({ location, object }: Found, finalizer: string): void {
    const finalizers = object.metadata.finalizers?.filter((one) => one !== finalizer) ?? [];
    this.#write(location, object, { finalizers });
  }

  #write({ type }: ObjectLocation, object: KubeObject, metadata: Partial<KubeObject['metadata']>): void {
    updateObject(this.#context.store, type, { ...object, metadata: { ...object.metadata, ...metadata } });
  }
}

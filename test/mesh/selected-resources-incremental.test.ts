import fc from 'fast-check';
import { expect, test } from 'vitest';
import { controllerId, jobId, namespaceName, replicaSetId, serviceId } from '../../src/core/ids.js';
import type { BackendsRow, OwnerRef, PodRow } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import { resetTable } from '../kit/reset-table.js';
import { serviceRow } from '../kit/rows.js';
import { type PlainCluster, plainNames, selectPlainly } from './plain-selection.js';
import { type Change, change, selections } from './random-changes.js';

/** The same cluster twice: as tables, and as plain maps. */
class Twins {
  readonly mesh = testMesh();
  readonly plain = {
    namespaces: new Set<string>(),
    pods: new Map<string, PodRow>(),
    services: new Set<string>(),
    slices: new Map<string, BackendsRow>(),
    controllers: {
      Deployment: new Set<string>(),
      StatefulSet: new Set<string>(),
      DaemonSet: new Set<string>(),
      ReplicationController: new Set<string>(),
      CronJob: new Set<string>(),
    },
    replicaSets: new Map<string, OwnerRef | undefined>(),
    jobs: new Map<string, OwnerRef | undefined>(),
  } satisfies PlainCluster;

  change(to: Change): void {
    const { tables } = this.mesh;
    const { plain } = this;
    switch (to.to) {
      case 'namespace': {
        const name = namespaceName(to.name);
        if (to.isThere) tables.namespaces.apply(name, { name });
        else tables.namespaces.delete(name);
        toggle(plain.namespaces, name, to.isThere);
        return;
      }
      case 'pod':
        if (to.isThere) tables.pods.apply(to.row.id, to.row);
        else tables.pods.delete(to.row.id);
        set(plain.pods, to.row.id, to.row, to.isThere);
        return;
      case 'pods': {
        const rows = new Map(to.rows.map((row) => [row.id, row]));
        resetTable(tables.pods, rows);
        plain.pods.clear();
        for (const row of rows.values()) plain.pods.set(row.id, row);
        return;
      }
      case 'slice':
        if (to.isThere) tables.backends.apply(to.row.id, to.row);
        else tables.backends.delete(to.row.id);
        set(plain.slices, to.row.id, to.row, to.isThere);
        return;
      case 'service': {
        const id = serviceId(to.in, to.name);
        if (to.isThere) tables.services.apply(id, serviceRow(to.name, { id, namespace: to.in }));
        else tables.services.delete(id);
        toggle(plain.services, id, to.isThere);
        return;
      }
      case 'controller': {
        const id = controllerId(to.in, to.name);
        const { rows } = tables.controllers[to.kind];
        if (to.isThere) rows.apply(id, { id, namespace: to.in, name: to.name });
        else rows.delete(id);
        toggle(plain.controllers[to.kind], id, to.isThere);
        return;
      }
      case 'replica-set': {
        const id = replicaSetId(to.in, to.name);
        if (to.isThere) tables.replicaSets.apply(id, { id, owner: to.owner });
        else tables.replicaSets.delete(id);
        set(plain.replicaSets, id, to.owner, to.isThere);
        return;
      }
      case 'job': {
        const id = jobId(to.in, to.name);
        if (to.isThere) tables.jobs.apply(id, { id, owner: to.owner });
        else tables.jobs.delete(id);
        set(plain.jobs, id, to.owner, to.isThere);
        return;
      }
    }
  }
}

function toggle(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}

function set<Value>(values: Map<string, Value>, key: string, value: Value, isIn: boolean): void {
  if (isIn) values.set(key, value);
  else values.delete(key);
}

test('whatever happens to the cluster, a selection comes to what looking at everything comes to', () => {
  fc.assert(
    fc.property(
      fc.array(selections, { minLength: 4, maxLength: 10 }),
      fc.array(fc.array(change, { minLength: 1, maxLength: 8 }), { maxLength: 20 }),
      fc.array(selections, { maxLength: 3 }),
      (followed, turns, asked) => {
        const twins = new Twins();
        const { selectedResources, selectedPods, engine, tables } = twins.mesh;
        const subscriptions = followed.map((each) => ({
          each,
          resources: selectedResources.subscribe(each, () => {}),
          pods: selectedPods.subscribe(each, () => {}),
        }));
        for (const changes of turns) {
          for (const each of changes) twins.change(each);
          engine.flush();
          for (const { each, resources, pods } of subscriptions) {
            const expected = selectPlainly(twins.plain, each);
            const told = resources.latest.value;
            expect({ exists: told.exists, resources: plainNames(told) }).toEqual(expected);
            expect(pods.latest.value.exists).toBe(expected.exists);
            expect(pods.latest.value.pods).toEqual([
              ...new Set(told.resources.flatMap((resource) => resource.pods)),
            ]);
            for (const { id, uid, phase } of pods.latest.value.pods) {
              expect([uid, phase]).toEqual([tables.pods.get(id)?.uid, tables.pods.get(id)?.phase]);
            }
          }
        }
        for (const each of asked) {
          const told = selectedResources.read(each);
          expect({ exists: told.exists, resources: plainNames(told) }).toEqual(
            selectPlainly(twins.plain, each),
          );
        }
        for (const { resources, pods } of subscriptions) {
          resources.close();
          pods.close();
        }
        engine.close();
      },
    ),
    { numRuns: 120 },
  );
});

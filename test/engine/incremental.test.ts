import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainEqual } from '../../src/core/equal.js';
import { Table } from '../../src/engine/table.js';
import { type Subscription, View } from '../../src/engine/view.js';
import { testEngine } from '../kit/engine.js';

/** A small world in the shape of the real one: members of a group refer to parts; a summary reads group and default. */
interface Member {
  readonly group: string;
  readonly part: string;
}

type Groups = ReadonlyMap<string, Member>;
type Parts = ReadonlyMap<string, number>;

function groupFromScratch(members: Groups, parts: Parts, group: string): readonly string[] {
  return [...members]
    .filter(([, member]) => member.group === group)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { part }]) => (parts.has(part) ? [`${part}=${parts.get(part)! % 3}`] : []));
}

function summaryFromScratch(members: Groups, parts: Parts, group: string): string {
  const own = groupFromScratch(members, parts, group);
  return (own.length > 0 ? own : groupFromScratch(members, parts, 'default')).join();
}

interface Part {
  readonly member: string;
  readonly text: string;
}

function world() {
  const { engine, scheduler } = testEngine({ graceMs: 100 });
  const members = new Table<string, Member>(engine, { name: 'members', equal: plainEqual });
  const parts = new Table<string, number>(engine, { name: 'parts', equal: Object.is });
  const byGroup = members.index((member) => [member.group]);
  const group = new View<string, readonly string[]>(engine, {
    name: 'group',
    id: String,
    equal: plainEqual,
    derive: (read, key) =>
      read.by(byGroup, key).flatMap(({ part }) => {
        const value = read.get(parts, part);
        return value === undefined ? [] : [`${part}=${value % 3}`];
      }),
  });
  const summary = new View<string, string>(engine, {
    name: 'summary',
    id: String,
    derive: (read, key) => {
      const own = read.view(group, key);
      return (own.length > 0 ? own : read.view(group, 'default')).join();
    },
  });
  const part = new View<string, Part | undefined>(engine, {
    name: 'part',
    id: String,
    equal: plainEqual,
    derive: (read, key) => {
      const row = read.get(members, key);
      const value = row === undefined ? undefined : read.get(parts, row.part);
      return row === undefined || value === undefined
        ? undefined
        : { member: key, text: `${row.part}=${value % 3}` };
    },
  });
  /** The same as `group`, and what is left of it from before is not asked for by its key. */
  const repeated = new View<string, readonly (Part | undefined)[]>(engine, {
    name: 'repeated',
    id: String,
    equal: plainEqual,
    derive: (read, key, before) =>
      read.keys(byGroup, key).map((name, place) => {
        const known = before?.[place];
        return known?.member === name && read.repeats(known) ? known : read.view(part, name);
      }),
  });
  /** The same, and what stands is passed over. */
  const standing = new View<
    string,
    { readonly names: readonly string[]; readonly all: readonly (Part | undefined)[] }
  >(engine, {
    name: 'standing',
    id: String,
    // What is told apart is less than what the reads follow from: a value that isn't kept has other reads.
    equal: (a, b) => plainEqual(textsOf(a.all), textsOf(b.all)),
    derive: (read, key, before) => {
      const names = read.keys(byGroup, key);
      const all: (Part | undefined)[] = [];
      while (all.length < names.length) {
        const from = all.length;
        const isSame = before?.names.join() === names.join();
        const count = isSame ? read.standing(1 + from, names.length - from) : 0;
        if (count > 0) all.push(...(before?.all.slice(from, from + count) ?? []));
        else all.push(read.view(part, names[from] ?? ''));
      }
      return { names, all };
    },
  });
  return { engine, scheduler, members, parts, group, part, repeated, standing, summary };
}

function textsOf(parts: readonly (Part | undefined)[]): readonly string[] {
  return parts.flatMap((part) => part?.text ?? []);
}

const groupName = fc.constantFrom('default', 'a', 'b', 'c');
const memberName = fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5');
const partName = fc.constantFrom('p1', 'p2', 'p3');
const member = fc.record({ group: groupName, part: partName });

type Op =
  | { kind: 'applyMember'; key: string; row: Member }
  | { kind: 'deleteMember'; key: string }
  | { kind: 'resetMembers'; rows: readonly (readonly [string, Member])[]; pauseMs: number }
  | { kind: 'applyPart'; key: string; row: number }
  | { kind: 'deletePart'; key: string }
  | { kind: 'subscribe'; key: string }
  | { kind: 'close'; nth: number }
  | { kind: 'read'; key: string }
  | { kind: 'advance'; ms: number };

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant('applyMember' as const), key: memberName, row: member }),
  fc.record({ kind: fc.constant('deleteMember' as const), key: memberName }),
  fc.record({
    kind: fc.constant('resetMembers' as const),
    rows: fc.array(fc.tuple(memberName, member)),
    pauseMs: fc.nat(20),
  }),
  fc.record({ kind: fc.constant('applyPart' as const), key: partName, row: fc.nat(8) }),
  fc.record({ kind: fc.constant('deletePart' as const), key: partName }),
  fc.record({ kind: fc.constant('subscribe' as const), key: groupName }),
  fc.record({ kind: fc.constant('close' as const), nth: fc.nat(5) }),
  fc.record({ kind: fc.constant('read' as const), key: groupName }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(150) }),
);

interface Watcher {
  readonly key: string;
  readonly subscription: Subscription<string>;
  readonly seen: string[];
  /** What the value was after each operation since the subscription began. */
  readonly moments: string[];
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let from = 0;
  return part.every((value) => {
    const at = whole.indexOf(value, from);
    from = at;
    return at >= 0;
  });
}

test('after any operations, incremental state equals recomputation, and subscribers see a subsequence ending in the latest', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const { engine, scheduler, members, parts, group, part, repeated, standing, summary } = world();
      const modelMembers = new Map<string, Member>();
      const modelParts = new Map<string, number>();
      const watchers: Watcher[] = [];
      const holds: Subscription<unknown>[] = [];
      const scratch = (key: string): string => summaryFromScratch(modelMembers, modelParts, key);

      for (const step of ops) {
        switch (step.kind) {
          case 'applyMember':
            members.apply(step.key, step.row);
            modelMembers.set(step.key, step.row);
            break;
          case 'deleteMember':
            members.delete(step.key);
            modelMembers.delete(step.key);
            break;
          case 'resetMembers': {
            const reset = members.beginReset();
            for (const [key, row] of step.rows) {
              reset.add(key, row);
              scheduler.advance(step.pauseMs);
            }
            reset.commit();
            modelMembers.clear();
            for (const [key, row] of step.rows) modelMembers.set(key, row);
            break;
          }
          case 'applyPart':
            parts.apply(step.key, step.row);
            modelParts.set(step.key, step.row);
            break;
          case 'deletePart':
            parts.delete(step.key);
            modelParts.delete(step.key);
            break;
          case 'subscribe': {
            const seen: string[] = [];
            const subscription = summary.subscribe(step.key, () => seen.push(subscription.latest.value));
            seen.push(subscription.latest.value);
            watchers.push({ key: step.key, subscription, seen, moments: [] });
            holds.push(repeated.subscribe(step.key, () => undefined));
            holds.push(standing.subscribe(step.key, () => undefined));
            break;
          }
          case 'close':
            for (const watcher of watchers.splice(step.nth, 1)) watcher.subscription.close();
            break;
          case 'read':
            expect(summary.read(step.key)).toBe(scratch(step.key));
            expect(group.read(step.key)).toEqual(groupFromScratch(modelMembers, modelParts, step.key));
            for (const each of [repeated.read(step.key), standing.read(step.key).all]) {
              expect(textsOf(each)).toEqual(groupFromScratch(modelMembers, modelParts, step.key));
            }
            break;
          case 'advance':
            scheduler.advance(step.ms);
            break;
        }
        for (const watcher of watchers) watcher.moments.push(scratch(watcher.key));
      }

      engine.flush();
      for (const { key, subscription, seen, moments } of watchers) {
        expect(subscription.latest.value).toBe(scratch(key));
        expect(seen.at(-1)).toBe(scratch(key));
        expect(isSubsequence(seen, moments)).toBe(true);
        subscription.close();
      }
      for (const hold of holds) hold.close();
      scheduler.advance(1_000);
      expect([
        ...[summary, group, repeated, standing, part].map((view) => view.stats().keys),
        members.observed,
        parts.observed,
        scheduler.pending,
      ]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    }),
    { numRuns: 1_000 },
  );
});

import type { Engine } from '../../src/engine/engine.js';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';

/** A table of numbers, and a view that says whether each is odd. */
export function numbers(engine: Engine) {
  const table = new Table<string, number>(engine, { name: 'numbers', equal: Object.is });
  const parity = new View<string, string>(engine, {
    name: 'parity',
    id: String,
    derive: (read, key) => {
      const value = read.get(table, key);
      return value === undefined ? 'none' : value % 2 === 0 ? 'even' : 'odd';
    },
  });
  return { table, parity };
}

/** Subscribes, and keeps what it is told after the first state. */
export function watch<V>(view: View<string, V>, key: string) {
  const told: V[] = [];
  const subscription = view.subscribe(key, () => told.push(subscription.latest.value));
  return { told, subscription };
}

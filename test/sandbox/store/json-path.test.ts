import { expect, test } from 'vitest';
import { valueAtJsonPath } from '../../../src/sandbox/store/json-path.js';

const object = {
  metadata: { name: 'a', labels: { 'example.com/a': 'b' } },
  spec: {
    size: 3,
    ports: [
      { name: 'x', port: 1 },
      { name: 'y', port: 2 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False', code: 7 },
    ],
  },
};

test.each([
  ['.spec.size', 3],
  ['$.spec.size', 3],
  ['.spec.ports[1].port', 2],
  ['.spec.ports[-1].name', 'y'],
  ['.spec.ports[*].name', 'x'],
  ['.metadata.labels.example\\.com/a', 'b'],
  [".metadata.labels['example.com/a']", 'b'],
  ['.status.conditions[?(@.type=="Ready")].status', 'True'],
  [".status.conditions[?(@.type == 'Other')].status", 'False'],
  ['.status.conditions[?(@.code==7)].status', 'False'],
  ['.status.conditions[?(@.type=="None")].status', undefined],
  ['.spec.ports[9]', undefined],
  ['.none.at.all', undefined],
  ['.constructor', undefined],
  ['spec', undefined],
  ['.spec..size', undefined],
])('%s', (path, expected) => {
  expect(valueAtJsonPath(object, path)).toStrictEqual(expected);
});

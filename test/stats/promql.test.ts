import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  countOverTime,
  histogramQuantile,
  increase,
  type LabelMatcher,
  max,
  series,
  sumBy,
  union,
} from '../../src/stats/promql.js';
import { has } from '../kit/program.js';

const awkward = 'a"b\\c\nd{}|.*+?()[]^$é`';
const matchers: readonly LabelMatcher[] = [
  { kind: 'is', label: 'a', value: awkward },
  { kind: 'is-not', label: 'b', value: '' },
  { kind: 'one-of', label: 'c', values: ['web-1', 'a.b', awkward] },
];

test('expressions are written as Prometheus reads them', () => {
  const api = series('m_total', [{ kind: 'is', label: 'pod', value: 'api' }]);
  expect(
    histogramQuantile(0.95, sumBy(['pod', 'le'], union([increase(api, 60_000), increase(api, 1)]))),
  ).toBe(
    'histogram_quantile(0.95,sum by (pod,le) (increase(m_total{pod="api"}[60000ms]) or increase(m_total{pod="api"}[1ms])))',
  );
  expect(max(countOverTime(series('m', []), 10_000))).toBe('max(count_over_time(m{}[10000ms]))');
});

test('values are quoted, and within regular expressions stand for themselves', () => {
  expect(series('m', matchers)).toBe(
    String.raw`m{a="a\"b\\c\nd{}|.*+?()[]^$é${'`'}",b!="",c=~"web-1|a\\.b|a\"b\\\\c\nd\\{\\}\\|\\.\\*\\+\\?\\(\\)\\[\\]\\^\\$é${'`'}"}`,
  );
});

test.each(['', 'a-b', '1a', 'a{', 'a"', 'é', 'a b', '__name__}or{'])('no name: %s', (name) => {
  expect(() => series(name, [])).toThrow('no name of Prometheus');
  expect(() => series('m', [{ kind: 'is', label: name, value: '' }])).toThrow('no name of Prometheus');
  expect(() => sumBy([name], series('m', []))).toThrow('no name of Prometheus');
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('no range: %d', (windowMs) => {
  expect(() => increase(series('m', []), windowMs)).toThrow('no range of time');
});

test.skipIf(!has('promtool'))('promtool takes what is written', () => {
  const expression = sumBy(['a'], increase(series('m_total', matchers), 60_000));
  const rules = JSON.stringify({ groups: [{ name: 'g', rules: [{ record: 'r', expr: expression }] }] });
  const folder = mkdtempSync(join(tmpdir(), 'conduit-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rules.yml');
  writeFileSync(file, rules);
  const { status, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

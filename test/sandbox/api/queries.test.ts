import { describe, expect, test } from 'vitest';
import { parseFieldQuery } from '../../../src/sandbox/api/field-query.js';
import { parseLabelQuery } from '../../../src/sandbox/api/label-query.js';
import { nodes, objectOf, pod, pods } from '../store/kit.js';

describe('a label query', () => {
  const labels = { app: 'web', tier: 'front', 'example.com/rank': '7', empty: '' };

  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=api', false],
    ['app!=api', true],
    ['app!=web', false],
    ['none!=web', true],
    ['app=web,tier=front', true],
    ['app=web,tier=back', false],
    ['app', true],
    ['none', false],
    ['!none', true],
    ['!app', false],
    ['empty=', true],
    ['empty', true],
    ['app in (web, api)', true],
    ['app in (api),tier', false],
    ['app notin (api,none),tier in (front)', true],
    ['app notin (web)', false],
    ['none notin (web)', true],
    ['none in (web)', false],
    ['example.com/rank>6', true],
    ['example.com/rank<7', false],
    ['app>1', false],
    ['constructor', false],
  ])('%j', (text, expected) => {
    const parsed = parseLabelQuery(text);
    expect(parsed.ok && parsed.value(labels)).toBe(expected);
  });

  test.each([
    '=',
    'a=b=c',
    'a in b',
    'a in (b',
    '!',
    'a=b,',
    'a in (b!)',
    '-a',
    'a===b',
  ])('refuses %j', (text) => {
    expect(parseLabelQuery(text)).toMatchObject({
      ok: false,
      problem: expect.stringContaining('unable to parse requirement'),
    });
  });
});

describe('a field query', () => {
  const running = {
    ...pod('a', { nodeName: 'n1' }),
    status: { phase: 'Running', podIP: '10.0.0.1' },
  };

  test.each([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==b', false],
    ['metadata.namespace=web,spec.nodeName=n1', true],
    ['status.phase!=Running', false],
    ['status.phase!=Pending,status.podIP=10.0.0.1', true],
    ['spec.schedulerName=', true],
    ['spec.hostNetwork=false', true],
    ['metadata.name=a\\,b', false],
  ])('%j', (text, expected) => {
    const parsed = parseFieldQuery(pods, text);
    expect(parsed.ok && parsed.value.matches(running)).toBe(expected);
  });

  test('knows the one name that can match', () => {
    const nameOf = (text: string) => {
      const parsed = parseFieldQuery(pods, text);
      return parsed.ok ? parsed.value.name : 'refused';
    };
    expect(nameOf('metadata.name=a,status.phase=Running')).toBe('a');
    expect(nameOf('metadata.name!=a')).toBeUndefined();
  });

  test('reads flags', () => {
    const cordoned = objectOf(nodes, 'n1', { spec: { unschedulable: true } });
    const parsed = parseFieldQuery(nodes, 'spec.unschedulable=true');
    expect(parsed.ok && parsed.value.matches(cordoned)).toBe(true);
  });

  test.each([
    ['spec.color=red', 'field label not supported: spec.color'],
    ['metadata.labels.app=web', 'field label not supported: metadata.labels.app'],
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  ])('refuses %j', (text, problem) => {
    expect(parseFieldQuery(pods, text)).toStrictEqual({ ok: false, problem });
  });

  test('of a cluster’s own type knows no namespace', () => {
    expect(parseFieldQuery(nodes, 'metadata.namespace=web').ok).toBe(false);
  });
});

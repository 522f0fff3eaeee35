import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../../src/sandbox/manifests/document.js';

function values(text: string): readonly unknown[] {
  return parseDocuments(text).map(({ content }) =>
    content.kind === 'value' ? content.value : content.problems,
  );
}

describe('parseDocuments', () => {
  test('counts documents, also those that hold nothing', () => {
    const text = '# first\n---\na: 1\n---\n# only a comment\n---\n---\nb: 2\n...\n';
    expect(parseDocuments(text).map(({ number, content }) => ({ number, content }))).toEqual([
      { number: 1, content: { kind: 'value', value: { a: 1 } } },
      { number: 4, content: { kind: 'value', value: { b: 2 } } },
    ]);
    expect(values('')).toEqual([]);
    expect(values('# nothing\n')).toEqual([]);
  });

  test('reads JSON, indented with whatever', () => {
    expect(values('{\n\t"a": {\n\t\t"b": [1, "2", null, true]\n\t}\n}\n')).toEqual([
      { a: { b: [1, '2', null, true] } },
    ]);
  });

  test('reads YAML as Kubernetes does', () => {
    const text = `
mode: 0644
on: yes
quoted: "yes"
time: 12:30
date: 2030-01-01
base: &base { a: 1, b: 2 }
merged: { <<: *base, b: 3 }
block: |
  two
  lines
`;
    expect(values(text)).toEqual([
      {
        mode: 420,
        true: true,
        quoted: 'yes',
        time: '12:30',
        date: '2030-01-01',
        base: { a: 1, b: 2 },
        merged: { a: 1, b: 3 },
        block: 'two\nlines\n',
      },
    ]);
  });

  test('tells where the syntax breaks, document by document', () => {
    const text = 'a: 1\n---\nb: [1, 2\nc: 3\n---\nd: 4\nd: 5\n---\ne: *nobody\n---\nf: 6\n';
    const documents = parseDocuments(text);
    expect(documents.map(({ number, content }) => [number, content.kind])).toEqual([
      [1, 'value'],
      [2, 'broken'],
      [3, 'broken'],
      [4, 'broken'],
      [5, 'value'],
    ]);
    const lines = documents.map(({ content }) =>
      content.kind === 'broken' ? content.problems[0]?.line : undefined,
    );
    expect(lines[2]).toBe(7);
    expect(lines[3]).toBe(9);
    expect(lines[1]).toBeGreaterThanOrEqual(3);
  });

  test('refuses aliases that multiply beyond all bounds', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 8 }, (_, index) => {
        const [name, last] = [String.fromCharCode(98 + index), String.fromCharCode(97 + index)];
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join(', ')}]`;
      }),
    ].join('\n');
    expect(parseDocuments(bomb)[0]?.content).toMatchObject({ kind: 'broken' });
  });
});

describe('lineOf', () => {
  const [document] = parseDocuments(`# a comment
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
    app: web
spec:
  ports:
    - name: http
      port: 80
    - name: grpc
      port: &port 81
  copy: { inner: *port }
`);

  test.each([
    ['', 2],
    ['kind', 2],
    ['metadata.name', 4],
    ['metadata.labels.app.kubernetes.io/name', 6],
    ['metadata.labels.app', 7],
    ['metadata.labels[app]', 7],
    ['metadata.labels.missing', 5],
    ['spec.ports[1].port', 13],
    ['spec.ports[1].protocol', 12],
    ['spec.ports[7].port', 9],
    ['spec.copy.inner.deeper', 14],
    ['status', 2],
  ])('of "%s" is %d', (field, line) => {
    expect(document?.lineOf(field)).toBe(line);
  });
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LoadedManifests, loadManifests } from '../../../src/sandbox/manifests/load.js';
import { type ManifestProblem, objectName, problemText } from '../../../src/sandbox/manifests/manifest.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifests-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** The problems as people see them, without the folder. */
function problems(loaded: LoadedManifests): readonly string[] {
  return loaded.ok ? [] : loaded.problems.map(told);
}

function names(loaded: LoadedManifests): readonly string[] {
  return loaded.ok ? loaded.manifests.map(({ object }) => objectName(object)) : [];
}

const map = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

describe('loadManifests', () => {
  test('reads files, documents and Lists, in order', async () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', namespace: 'ignored' } },
        {
          apiVersion: 'v1',
          kind: 'ConfigMapList',
          items: [{ metadata: { name: 'inner', namespace: 'shop' } }],
        },
      ],
    };
    const first = await file('first', `${map('a')}---\n---\n${map('b')}`);
    const second = await file('second.json', JSON.stringify(list, null, '\t'));
    const loaded = await loadManifests([first, second]);
    expect(names(loaded)).toEqual([
      'ConfigMap default/a',
      'ConfigMap default/b',
      'Namespace shop',
      'ConfigMap shop/inner',
    ]);
    const manifests = loaded.ok ? loaded.manifests : [];
    expect(
      manifests.map(({ source, type }) => [source.document, source.lineOf('metadata.name'), type.plural]),
    ).toEqual([
      [1, 4, 'configmaps'],
      [3, 10, 'configmaps'],
      [1, 9, 'namespaces'],
      [1, 19, 'configmaps'],
    ]);
  });

  test('reads the manifests of a folder by name, and nothing else in it', async () => {
    await file('b.yml', map('b'));
    await file('a.yaml', map('a'));
    await file('c.json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }));
    await file('README.md', 'not: [a manifest');
    await file('empty.yaml', '# later\n');
    await mkdir(join(folder, 'deeper'));
    await file('deeper/d.yaml', map('d'));
    expect(names(await loadManifests([folder]))).toEqual([
      'ConfigMap default/a',
      'ConfigMap default/b',
      'ConfigMap default/c',
    ]);
  });

  test('drops what another cluster wrote of its own accord, but keeps uids', async () => {
    const path = await file(
      'pod.yaml',
      `${map('a')}  uid: u1\n  resourceVersion: "77"\n  creationTimestamp: 2024-01-01T00:00:00Z\n  managedFields: [{}]\n`,
    );
    const loaded = await loadManifests([path]);
    expect(loaded).toMatchObject({
      ok: true,
      manifests: [
        {
          object: {
            metadata: {
              name: 'a',
              namespace: 'default',
              uid: 'u1',
              creationTimestamp: '2024-01-01T00:00:00Z',
            },
          },
        },
      ],
    });
    expect(loaded.ok && loaded.manifests[0]?.object.metadata).not.toHaveProperty('resourceVersion');
  });

  test('knows the kinds that definitions among the manifests define, and those it is told of', async () => {
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\n';
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object } }
`;
    const both = await file('both.yaml', `${widget}---\n${definition}`);
    const loaded = await loadManifests([both]);
    expect(problems(loaded)).toEqual([]);
    expect(names(loaded)).toEqual(['Widget default/w', 'CustomResourceDefinition widgets.example.com']);

    const alone = await file('alone.yaml', widget);
    expect(problems(await loadManifests([alone]))).toEqual([
      'alone.yaml:2: kind: the sandbox knows no Widget of apiVersion example.com/v1',
    ]);
    const type = loaded.ok ? loaded.manifests[0]?.type : undefined;
    expect(names(await loadManifests([alone], { findType: () => type }))).toEqual(['Widget default/w']);
  });
});

/** Without the folder of the test, and without the document, which the line says more exactly. */
function told(problem: ManifestProblem): string {
  return problemText(problem)
    .replaceAll(`${folder}/`, '')
    .replace(/ \(document \d+\)/, '');
}

describe('every problem is told', () => {
  test('with its file, line and document, in one line', async () => {
    const path = await file('a.yaml', `${map('a')}---\napiVersion: v1\nkind: ConfigMap\n`);
    const loaded = await loadManifests([path]);
    expect(loaded.ok ? [] : loaded.problems.map(problemText)).toEqual([
      expect.stringMatching(/\/a\.yaml:\d+ \(document 2\): ConfigMap: metadata\.name: Required value$/),
    ]);
  });

  test('of paths', async () => {
    await mkdir(join(folder, 'bare'));
    await symlink(join(folder, 'nowhere'), join(folder, 'link.yaml'));
    await file('fine.yaml', map('a'));
    const empty = await file('empty', '\n# nothing\n');
    const paths = [join(folder, 'missing'), join(folder, 'bare'), folder, empty];
    expect(problems(await loadManifests(paths))).toEqual([
      'missing: no such file or folder',
      'bare: the folder has no file that ends in .yaml, .yml or .json',
      'link.yaml: no such file or folder',
      'empty: holds no object',
    ]);
  });

  test('of syntax, and of the other documents of the file', async () => {
    const path = await file('a.yaml', `${map('a')}---\nb: [1\n---\nkind: Pod\n`);
    const found = problems(await loadManifests([path]));
    expect(found[0]).toMatch(/^a\.yaml:\d+: .+/);
    expect(found.slice(-2)).toEqual([
      'a.yaml:8: apiVersion: Required value',
      'a.yaml:8: Pod: metadata.name: Required value',
    ]);
  });

  test('of what is no object at all', async () => {
    const path = await file('a.yaml', 'just text\n---\n- a list\n---\n5\n---\n{}\n');
    expect(problems(await loadManifests([path]))).toEqual([
      'a.yaml:1: expected an object with apiVersion, kind and metadata, found the value "just text"',
      'a.yaml:3: expected an object with apiVersion, kind and metadata, found a list',
      'a.yaml:5: expected an object with apiVersion, kind and metadata, found the value 5',
      'a.yaml:7: apiVersion: Required value',
      'a.yaml:7: kind: Required value',
      'a.yaml:7: metadata.name: Required value',
    ]);
  });

  test('of kinds and names', async () => {
    const path = await file(
      'a.yaml',
      `apiVersion: extensions/v1beta1
kind: Deployment
metadata:
  generateName: web-
---
apiVersion: v1
kind: Pood
metadata:
  name: 5
  namespace: 7
---
apiVersion: v1
kind: ConfigMap
metadata: nothing
`,
    );
    expect(problems(await loadManifests([path]))).toEqual([
      'a.yaml:1: apiVersion: the sandbox knows no Deployment of apiVersion extensions/v1beta1; Deployment is of apps/v1',
      'a.yaml:3: Deployment: metadata.name: Required value: generateName names no object to apply to',
      'a.yaml:7: kind: the sandbox knows no Pood of apiVersion v1',
      'a.yaml:9: Pood: metadata.name: Invalid value: 5: must be a string (quote it)',
      'a.yaml:10: Pood: metadata.namespace: Invalid value: 7: must be a string (quote it)',
      'a.yaml:14: ConfigMap: metadata.name: Required value',
    ]);
  });

  test('of fields, with the line they stand in', async () => {
    const path = await file(
      'a.yaml',
      `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    enabled: yes
spec:
  replicas: two
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - image: web:1
`,
    );
    expect(problems(await loadManifests([path]))).toEqual([
      'a.yaml:6: Deployment default/web: metadata.labels.enabled: Invalid value: true: must be a string',
      'a.yaml:8: Deployment default/web: spec.replicas: Invalid value: "two": must be an integer',
      'a.yaml:16: Deployment default/web: spec.template.spec.containers[0].name: Required value',
    ]);
  });

  test('of fields in Lists', async () => {
    const path = await file(
      'a.yaml',
      `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec:
      ports:
        - port: 99999
`,
    );
    expect(problems(await loadManifests([path]))).toEqual([
      'a.yaml:9: Service default/web: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive',
    ]);
  });

  test('of objects that are there twice', async () => {
    const first = await file('a.yaml', `${map('a')}---\n${map('b')}`);
    const second = await file(
      'b.yaml',
      `${map('b')}  namespace: default\n---\n${map('b')}  namespace: other\n`,
    );
    expect(problems(await loadManifests([first, second]))).toEqual([
      'b.yaml:1: ConfigMap default/b: is there twice: the first is at a.yaml:6',
    ]);
  });
});

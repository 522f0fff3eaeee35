import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** Which folder of src/ may import which. What is not listed is forbidden; `main` is the file src/main.ts. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  engine: [],
  runtime: [],
  config: ['core'],
  mesh: ['core', 'engine'],
  gen: [],
  wire: ['core', 'gen'],
  kube: ['core', 'runtime', 'mesh'],
  telemetry: ['core', 'mesh', 'wire', 'gen'],
  stats: ['core', 'mesh', 'telemetry', 'wire', 'gen'],
  tap: ['core', 'runtime', 'wire', 'gen'],
  grpc: ['core', 'engine', 'runtime', 'mesh', 'wire', 'telemetry', 'stats', 'tap', 'gen'],
  client: ['core', 'runtime', 'wire', 'gen'],
  sandbox: ['core', 'runtime'],
  proxy: ['core', 'runtime', 'client', 'wire', 'gen'],
  commands: [
    'core',
    'engine',
    'runtime',
    'config',
    'mesh',
    'kube',
    'wire',
    'telemetry',
    'stats',
    'grpc',
    'client',
    'sandbox',
    'proxy',
    'gen',
    'tap',
  ],
  main: ['commands', 'runtime'],
};

/** Narrower than the table: of these folders only these files may be imported from there. */
const onlyFiles: readonly { from: string; to: string; files: readonly string[] }[] = [
  { from: 'kube', to: 'mesh', files: ['src/mesh/rows.ts', 'src/mesh/rows-equal.ts'] },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name));

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const paths = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) => path!);
  return paths.map((path) => ({
    from: file,
    to: normalize(join(dirname(file), path.replace(/\.js$/, '.ts'))),
  }));
});

function folder(file: string): string {
  const [, first = ''] = file.split('/');
  return first.replace(/\.ts$/, '');
}

test('every folder of src/ is in the table', () => {
  expect([...new Set(files.map(folder))].sort()).toEqual(Object.keys(allowed).sort());
});

test('imports point only where the table says', () => {
  const forbidden = imports.filter(({ from, to }) => {
    const [source, target] = [folder(from), folder(to)];
    if (source === target) return false;
    const narrow = onlyFiles.find((rule) => rule.from === source && rule.to === target);
    return allowed[source]?.includes(target) !== true || narrow?.files.includes(to) === false;
  });
  expect(forbidden).toEqual([]);
});

test('every import names a file that exists', () => {
  expect(imports.filter(({ to }) => !files.includes(to) && !to.endsWith('.json'))).toEqual([]);
});

test('no protobuf, gRPC or Kubernetes package is imported outside its edge', () => {
  const edges: Readonly<Record<string, readonly string[]>> = {
    '@grpc/': ['grpc', 'tap', 'client', 'proxy', 'gen'],
    '@bufbuild/': ['grpc', 'wire', 'gen'],
    '@kubernetes/': ['kube'],
    "ws'": ['kube', 'sandbox'],
    'prom-client': ['runtime', 'grpc', 'kube', 'telemetry', 'tap', 'proxy', 'commands'],
  };
  const strays = files.flatMap((file) =>
    Object.entries(edges)
      .filter(
        ([name, folders]) =>
          readFileSync(file, 'utf8').includes(`from '${name}`) && !folders.includes(folder(file)),
      )
      .map(([name]) => `${file} imports ${name}`),
  );
  expect(strays).toEqual([]);
});

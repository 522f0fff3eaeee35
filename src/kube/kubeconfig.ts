import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { type ClusterProblem, parseServer, serverForm } from './cluster.js';
import { JsonNode } from './decode/json-node.js';
import { describeFileError } from './unreadable-file.js';

/** What a context of a kubeconfig leads to. */
export interface KubeconfigContext {
  /** The file that has the cluster, for messages. */
  readonly file: string;
  readonly name: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
}

export interface KubeconfigCluster {
  readonly server: URL;
  readonly ca: PemSource | undefined;
  readonly skipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
}

export interface KubeconfigUser {
  readonly name: string;
  readonly cert: PemSource | undefined;
  readonly key: PemSource | undefined;
  readonly login: Login;
  /** Who to act as. */
  readonly impersonate: { readonly user: string; readonly groups: readonly string[] } | undefined;
}

/** In the file itself (base64), or in one beside it (absolute path). */
export type PemSource =
  | { readonly kind: 'data'; readonly base64: string }
  | { readonly kind: 'file'; readonly file: string };

export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'token-file'; readonly file: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An `exec` or an `auth-provider` block, as it stands in the file. */
  | { readonly kind: 'plugin'; readonly block: 'exec' | 'auth-provider'; readonly config: unknown };

export type KubeconfigResult =
  | { readonly ok: true; readonly context: KubeconfigContext }
  | { readonly ok: false; readonly problem: ClusterProblem };

/**
 * Reads one context from kubeconfig files. Of entries with the same name the first file's counts, and paths are
 * relative to the file they stand in
 * (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/).
 */
export function readKubeconfig(files: readonly string[], contextName: string | undefined): KubeconfigResult {
  const documents: Document[] = [];
  for (const file of files) {
    const document = readDocument(file);
    if ('expected' in document) return { ok: false, problem: document };
    documents.push(document);
  }

  const name = contextName ?? documents.map(({ root }) => root.get('current-context').string()).find(Boolean);
  if (name === undefined) {
    return fail(
      documents[0],
      'current-context',
      undefined,
      `the name of a context: ${listNames(documents, 'contexts')}`,
    );
  }
  const context = find(documents, 'contexts', name);
  if (context === undefined) {
    return fail(documents[0], 'contexts', name, `a context that exists: ${listNames(documents, 'contexts')}`);
  }
  const clusterName = context.entry.get('context').get('cluster').requiredString();
  const userName = context.entry.get('context').get('user').string() ?? '';
  const cluster = find(documents, 'clusters', clusterName);
  const user = find(documents, 'users', userName);
  const problem = firstProblem(context);
  if (problem !== undefined) return { ok: false, problem };
  if (cluster === undefined) {
    return fail(
      context,
      `contexts.${name}.cluster`,
      clusterName,
      `a cluster that exists: ${listNames(documents, 'clusters')}`,
    );
  }
  if (user === undefined && userName !== '') {
    return fail(
      context,
      `contexts.${name}.user`,
      userName,
      `a user that exists: ${listNames(documents, 'users')}`,
    );
  }

  const value: KubeconfigContext = {
    file: cluster.file,
    name,
    cluster: readCluster(cluster),
    user: user === undefined ? anonymous : readUser(user, userName),
  };
  const found = firstProblem(cluster) ?? (user && firstProblem(user));
  return found === undefined ? { ok: true, context: value } : { ok: false, problem: found };
}

interface Document {
  readonly file: string;
  readonly root: JsonNode;
}

/** A named entry of one of a kubeconfig's lists. */
interface Entry extends Document {
  readonly entry: JsonNode;
}

const anonymous: KubeconfigUser = {
  name: '',
  cert: undefined,
  key: undefined,
  login: { kind: 'none' },
  impersonate: undefined,
};

function readDocument(file: string): Document | ClusterProblem {
  const problem = { file, field: undefined, expected: 'a kubeconfig file' };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { ...problem, value: describeFileError(error) };
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const [firstLine] = String(error).split('\n');
    return { ...problem, value: `broken YAML (${firstLine})` };
  }
  if (typeof value === 'object' && value !== null) return { file, root: JsonNode.root(value) };
  return { ...problem, value: value === null ? 'an empty file' : `a ${typeof value}` };
}

function readCluster({ file, entry }: Entry): KubeconfigCluster {
  const cluster = entry.get('cluster');
  const server = parseServer(cluster.get('server').string() ?? '');
  if (server === undefined) cluster.get('server').note(serverForm);
  return {
    server: server ?? new URL('http://invalid'),
    ca: pemSource(cluster, 'certificate-authority', file),
    skipTlsVerify: cluster.get('insecure-skip-tls-verify').boolean() ?? false,
    tlsServerName: cluster.get('tls-server-name').string(),
    proxyUrl: cluster.get('proxy-url').string(),
  };
}

function readUser({ file, entry }: Entry, name: string): KubeconfigUser {
  const user = entry.get('user');
  const as = user.get('as').string();
  const groups = user
    .get('as-groups')
    .items()
    .map((group) => group.requiredString());
  return {
    name,
    cert: pemSource(user, 'client-certificate', file),
    key: pemSource(user, 'client-key', file),
    login: readLogin(user, file),
    impersonate: as === undefined ? undefined : { user: as, groups },
  };
}

/** Of several, a token's file wins, which is kept fresh; then a token; then what else there is, as in client-go. */
function readLogin(user: JsonNode, file: string): Login {
  const tokenFile = user.get('tokenFile').string();
  if (tokenFile !== undefined && tokenFile !== '')
    return { kind: 'token-file', file: resolve(dirname(file), tokenFile) };
  const token = user.get('token').string();
  if (token !== undefined && token !== '') return { kind: 'token', token };
  const username = user.get('username').string();
  if (username !== undefined)
    return { kind: 'basic', username, password: user.get('password').string() ?? '' };
  for (const block of ['exec', 'auth-provider'] as const) {
    const config = user.get(block);
    if (config.exists) return { kind: 'plugin', block, config: config.value };
  }
  return { kind: 'none' };
}

/** The data wins over the file, as in client-go. */
function pemSource(node: JsonNode, field: string, file: string): PemSource | undefined {
  const base64 = node.get(`${field}-data`).string();
  if (base64 !== undefined && base64 !== '') return { kind: 'data', base64 };
  const path = node.get(field).string();
  return path === undefined || path === '' ? undefined : { kind: 'file', file: resolve(dirname(file), path) };
}

type ListName = 'contexts' | 'clusters' | 'users';

function find(documents: readonly Document[], list: ListName, name: string): Entry | undefined {
  for (const { file, root } of documents) {
    for (const each of root.get(list).items()) {
      const entry = each.apart();
      if (entry.get('name').string() === name) return { file, root: entry, entry };
    }
  }
  return undefined;
}

function listNames(documents: readonly Document[], list: ListName): string {
  const names = documents.flatMap(({ root }) =>
    root
      .get(list)
      .items()
      .map((entry) => entry.apart().get('name').string() ?? ''),
  );
  return names.length === 0 ? 'there is none' : names.join(', ');
}

function firstProblem({ file, entry }: Entry): ClusterProblem | undefined {
  const [problem] = entry.problems;
  return problem && { file, ...problem };
}

function fail(
  at: Document | undefined,
  field: string,
  value: string | undefined,
  expected: string,
): { readonly ok: false; readonly problem: ClusterProblem } {
  return { ok: false, problem: { file: at?.file, field, value, expected } };
}

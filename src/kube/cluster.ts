import type { Credentials } from './credentials.js';

/** Where the API server is, and how to be let in. */
export interface Cluster {
  /** Its base URL; it may have a path. */
  readonly server: URL;
  /** For people: `context kind-dev of /home/me/.kube/config`. */
  readonly description: string;
  readonly credentials: CredentialSource;
}

export interface CredentialSource {
  /** Throws an `ApiError` of kind `credentials` where there are none to be had. */
  get(): Promise<Credentials>;
  /** The server refused `rejected`; resolves to what to try instead, or to the same where there is nothing else. */
  renew(rejected: Credentials): Promise<Credentials>;
}

/** What is wrong with the configuration that should lead to the cluster. */
export interface ClusterProblem {
  readonly file: string | undefined;
  /** A path in the file, the name of an environment variable or of an option; undefined for all of it. */
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly expected: string;
}

export type ClusterResult =
  | { readonly ok: true; readonly cluster: Cluster }
  | { readonly ok: false; readonly problem: ClusterProblem };

/** One line for a person to read. */
export function describeProblem({ file, field, value, expected }: ClusterProblem): string {
  const where = [file, field].filter((part) => part !== undefined).join(': ');
  return `${where === '' ? '' : `${where}: `}expected ${expected}${value === undefined ? '' : `, not ${value}`}`;
}

/** The base URL of an API server, or undefined where `text` can't be one. */
export function parseServer(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

export const serverForm = 'an http:// or https:// URL';

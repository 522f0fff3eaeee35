import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import { JsonNode } from './decode/json-node.js';

/**
 * A token of a service account, good for `audience` only, for as long as the API server chooses (mostly an hour). Throws an
 * `ApiError`.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
export async function requestToken(options: {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  readonly signal: AbortSignal;
}): Promise<string> {
  const { client, namespace, serviceAccount, audience, signal } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(serviceAccount)}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience] },
  };
  const answer = await client.getJson({ path, body, signal, responseMs: 10_000 });
  const token = JsonNode.root(answer).get('status').get('token').string();
  if (token === undefined || token === '') {
    throw new ApiError({ kind: 'malformed' }, 'the answer to a TokenRequest has no token');
  }
  return token;
}

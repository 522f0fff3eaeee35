import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import type { Collection } from './resource.js';

/** Whether the API server has a resource at all. Throws an `ApiError` where it doesn't say. */
export async function isServed(
  client: ApiClient,
  collection: Collection,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.getJson({ path: collection.path, query: { limit: '1' }, signal });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.failure.kind === 'refused' && error.failure.status === 404)
      return false;
    throw error;
  }
}

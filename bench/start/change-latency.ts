import { setTimeout } from 'node:timers/promises';
import { SlicePatch } from '../kit/slice-patch.js';
import { FollowedService } from './followed-service.js';

export interface ChangeLatencyOptions {
  readonly apiServerUrl: string;
  readonly proxyApi: string;
  /** The number of the service that changes. */
  readonly service: number;
  /** How many endpoints it has. */
  readonly endpoints: number;
  readonly changes: number;
}

const pauseMs = 50;

/**
 * Milliseconds from sending a change of one endpoint to the API server to its message on a Get stream, for each of
 * several changes. The first endpoint of the service is made not ready and ready again in turn. Throws where the
 * stream says anything else than that. Between two changes there is a pause, so that none is held back to be told
 * together with the next.
 */
export async function measureChangeLatency(options: ChangeLatencyOptions): Promise<readonly number[]> {
  const { apiServerUrl, proxyApi, service, endpoints, changes } = options;
  const slice = await SlicePatch.read(apiServerUrl, service);
  const followed = new FollowedService(proxyApi, service);
  try {
    await followed.expect('add', endpoints);
    const latencies: number[] = [];
    for (let change = 0; change < changes; change++) {
      const ready = change % 2 === 1;
      const changed = slice.endpoints.map((endpoint, index) =>
        index === 0 ? { ...endpoint, conditions: { ready } } : endpoint,
      );
      await setTimeout(pauseMs);
      const startedMs = performance.now();
      const patched = slice.send(changed);
      await followed.expect(ready ? 'add' : 'remove', 1);
      latencies.push(performance.now() - startedMs);
      await patched;
    }
    return latencies;
  } finally {
    followed.close();
  }
}

import { setTimeout } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { DestinationClient, type Update } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { serviceNames } from '../kit/cluster/cluster-objects.js';
import { SlicePatch } from '../kit/slice-patch.js';

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
  const { namespace, name } = serviceNames(service);
  const slice = await SlicePatch.read(apiServerUrl, service);

  const client = new DestinationClient(proxyApi, credentials.createInsecure());
  const call = client.get({
    scheme: '',
    path: `${name}.${namespace}.svc.cluster.local:80`,
    contextToken: '',
  });
  try {
    const updates = call[Symbol.asyncIterator]() as AsyncIterator<Update>;
    const next = async (): Promise<Update['update']> => {
      const { value } = await updates.next();
      return (value as Update | undefined)?.update;
    };
    const first = await next();
    expectCount(first, 'add', endpoints);

    const latencies: number[] = [];
    for (let change = 0; change < changes; change++) {
      const ready = change % 2 === 1;
      const changed = slice.endpoints.map((endpoint, index) =>
        index === 0 ? { ...endpoint, conditions: { ready } } : endpoint,
      );
      await setTimeout(pauseMs);
      const startedMs = performance.now();
      const patched = slice.send(changed);
      const update = await next();
      latencies.push(performance.now() - startedMs);
      await patched;
      expectCount(update, ready ? 'add' : 'remove', 1);
    }
    return latencies;
  } finally {
    call.cancel();
    client.close();
  }
}

function expectCount(update: Update['update'], wanted: 'add' | 'remove', count: number): void {
  const told =
    update?.$case === 'add' || update?.$case === 'remove'
      ? `${update.$case} ${update.value.addrs.length}`
      : (update?.$case ?? 'the end');
  if (told !== `${wanted} ${count}`) throw new Error(`expected ${wanted} ${count}, was told ${told}`);
}

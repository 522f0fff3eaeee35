import { credentials } from '@grpc/grpc-js';
import { DestinationClient, type Update } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { serviceNames } from '../kit/cluster/cluster-objects.js';

/** A Get stream on one service, whose messages are checked one after another. */
export class FollowedService {
  readonly #client: DestinationClient;
  readonly #call: ReturnType<DestinationClient['get']>;
  readonly #updates: AsyncIterator<Update>;

  /** `proxyApi` is `host:port`; `service` the number of the service. */
  constructor(proxyApi: string, service: number) {
    const { namespace, name } = serviceNames(service);
    this.#client = new DestinationClient(proxyApi, credentials.createInsecure());
    this.#call = this.#client.get({
      scheme: '',
      path: `${name}.${namespace}.svc.cluster.local:80`,
      contextToken: '',
    });
    this.#updates = this.#call[Symbol.asyncIterator]() as AsyncIterator<Update>;
  }

  /** Waits for the next message, and throws where it is anything else. */
  async expect(wanted: 'add' | 'remove', count: number): Promise<void> {
    const { value } = await this.#updates.next();
    const update = (value as Update | undefined)?.update;
    const told =
      update?.$case === 'add' || update?.$case === 'remove'
        ? `${update.$case} ${update.value.addrs.length}`
        : (update?.$case ?? 'the end');
    if (told !== `${wanted} ${count}`) throw new Error(`expected ${wanted} ${count}, was told ${told}`);
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointsOf } from '../../../src/sandbox/controllers/endpoint.js';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { recordsAt, stringMapAt, textAt } from '../../../src/sandbox/store/field.js';
import { slicesOf } from './announced.js';
import { type TestCluster, pod, service, testCluster } from './test-cluster.js';

test('after any changes, slices and Endpoints say what a fresh look at the pods says', () => {
  const step = fc.record({
    kind: fc.constantFrom('pod', 'kill', 'ready', 'label', 'selector', 'ports', 'wait'),
    which: fc.nat(4),
    value: fc.nat(2),
  });
  const apps = ['web', 'api', 'db'];
  const portsOf = (value: number): unknown =>
    [
      [{ port: 80 }],
      [{ port: 80, targetPort: 'http' }],
      [
        { name: 'a', port: 1 },
        { name: 'b', port: 2, targetPort: 'http' },
      ],
    ][value];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const cluster = testCluster({ maxEvents: 0 });
      cluster.apply(service('web'), service('api', { selector: { app: 'api' } }));
      for (const { kind, which, value } of steps) {
        const name = `pod-${which}`;
        const app = apps[value] ?? '';
        const present = cluster.store.get(kinds.pods, 'default', name);
        const spec = {
          containers: [
            { name: 'main', image: 'i:1', ports: [{ name: 'http', containerPort: 8_000 + value }] },
          ],
        };
        if (kind === 'pod' && !present) cluster.apply(pod(name, { labels: { app }, spec }));
        if (kind === 'kill' && present) cluster.delete(kinds.pods, name);
        if (kind === 'ready' && present) {
          cluster.patch(kinds.pods, name, {
            metadata: { annotations: { 'sandbox.conduit.io/ready': String(value > 0) } },
          });
        }
        if (kind === 'label' && present) cluster.patch(kinds.pods, name, { metadata: { labels: { app } } });
        if (kind === 'selector') cluster.patch(kinds.services, 'web', { spec: { selector: { app } } });
        if (kind === 'ports') cluster.patch(kinds.services, 'web', { spec: { ports: portsOf(value) } });
        if (kind === 'wait') cluster.clock.advance(value * 400);
      }
      cluster.clock.settle();
      for (const name of ['web', 'api']) expect(seen(cluster, name)).toEqual(derived(cluster, name));
      cluster.stop();
    }),
    { numRuns: 40 },
  );
});

interface SeenEndpoint {
  readonly ip: string | undefined;
  readonly ports: string;
  readonly conditions: unknown;
}

function byIp(left: { readonly ip: string | undefined }, right: { readonly ip: string | undefined }): number {
  return (left.ip ?? '') < (right.ip ?? '') ? -1 : 1;
}

/** What the slices and the Endpoints of a Service say. */
function seen(cluster: TestCluster, name: string): unknown {
  const inSlices = slicesOf(cluster, name).flatMap((slice): SeenEndpoint[] =>
    recordsAt(slice, 'endpoints').map((one) => ({
      ip: textAt(one, 'addresses', 0),
      ports: recordsAt(slice, 'ports')
        .map((port) => `${String(port['name'])}:${String(port['port'])}`)
        .join(),
      conditions: one['conditions'],
    })),
  );
  const inEndpoints = recordsAt(cluster.get(kinds.endpoints, name), 'subsets').flatMap((subset) =>
    ['addresses', 'notReadyAddresses'].flatMap((list) =>
      recordsAt(subset, list).map((one) => ({ ip: textAt(one, 'ip'), ready: list === 'addresses' })),
    ),
  );
  return { inSlices: inSlices.toSorted(byIp), inEndpoints: inEndpoints.toSorted(byIp) };
}

/** The same, from nothing but the pods. */
function derived(cluster: TestCluster, name: string): unknown {
  const object = cluster.get(kinds.services, name);
  const wanted = Object.entries(stringMapAt(object, 'spec', 'selector'));
  const selected = cluster.pods().filter((one) => wanted.every(([key, value]) => one.labels[key] === value));
  const all = endpointsOf(object, selected, () => undefined);
  const inSlices = all.map(({ ip, ports, ready, serving, terminating }) => ({
    ip,
    ports: ports.map((port) => `${port.name}:${port.port}`).join(),
    conditions: { ready, serving, terminating },
  }));
  const inEndpoints = all
    .filter(({ ready, terminating, ports }) => (ready || !terminating) && ports.length > 0)
    .map(({ ip, ready }) => ({ ip, ready }));
  return { inSlices: inSlices.toSorted(byIp), inEndpoints: inEndpoints.toSorted(byIp) };
}

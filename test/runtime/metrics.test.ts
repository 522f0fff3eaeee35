import process from 'node:process';
import { expect, test } from 'vitest';
import { createRegistry } from '../../src/runtime/metrics.js';

test('the registry says what runs, and how the process fares', async () => {
  const registry = createRegistry({ version: '1.2.3' });
  const text = await registry.metrics();
  expect(text).toContain(`conduit_build_info{version="1.2.3",node="${process.version}"} 1`);
  for (const metric of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_eventloop_lag_max_seconds',
    'nodejs_gc_duration_seconds',
  ]) {
    expect(text).toContain(`# TYPE ${metric} `);
  }
});

test('two registries of one process do not get in each other’s way', async () => {
  const [first, second] = [createRegistry({ version: '1' }), createRegistry({ version: '2' })];
  expect(await first.metrics()).toContain('version="1"');
  expect(await second.metrics()).not.toContain('version="1"');
});

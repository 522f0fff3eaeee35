import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { toOpenMetrics } from '../../src/runtime/openmetrics.js';

test('families of counters lose their suffix, and nothing else changes but for the end', async () => {
  const registers = [new Registry()];
  new Counter({ name: 'c_total', help: 'A c_total.', labelNames: ['l'], registers }).inc({
    l: '# TYPE g gauge',
  });
  new Counter({ name: 'odd', help: 'No suffix.', registers }).inc();
  new Gauge({ name: 'g_total', help: 'Two\nlines.', registers }).set(2);
  new Histogram({ name: 'h', help: 'h', buckets: [0.5], registers }).observe(0.1);
  expect(toOpenMetrics((await registers[0]?.metrics()) ?? '')).toBe(
    [
      '# HELP c A c_total.',
      '# TYPE c counter',
      'c_total{l="# TYPE g gauge"} 1',
      '# HELP odd No suffix.',
      '# TYPE odd unknown',
      'odd 1',
      '# HELP g_total Two\\nlines.',
      '# TYPE g_total gauge',
      'g_total 2',
      '# HELP h h',
      '# TYPE h histogram',
      'h_bucket{le="0.5"} 1',
      'h_bucket{le="+Inf"} 1',
      'h_sum 0.1',
      'h_count 1',
      '# EOF',
      '',
    ].join('\n'),
  );
});

test('nothing is the end alone', async () => {
  expect(toOpenMetrics(await new Registry().metrics())).toBe('# EOF\n');
});

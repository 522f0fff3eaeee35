import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flagsPage } from '../../scripts/flags-page.js';
import { catalog } from '../../src/commands/catalog.js';

test('docs/flags.md says what the tables of flags say', () => {
  expect(readFileSync('docs/flags.md', 'utf8')).toBe(flagsPage(catalog));
});

describe('docs/endpoints.md', () => {
  const page = readFileSync('docs/endpoints.md', 'utf8');
  const golden = (name: string) => readFileSync(`test/commands/golden/${name}`, 'utf8');

  test.each(['endpoints.txt', 'endpoints-watch.txt'])('shows what is printed: %s', (name) => {
    expect(page).toContain(`\n${golden(name)}\`\`\`\n`);
  });

  test('names every field of the JSON', () => {
    const lines = golden('endpoints-watch-json.txt').trim().split('\n');
    const fields = [...lines, golden('endpoints-json.txt')].flatMap((text) =>
      [...text.matchAll(/"([a-z]+(?:[A-Z][a-z]+)*)":/g)].map(([, field]) => field),
    );
    // Labels are named by the cluster; these are the ones of the fixtures that look like fields.
    const labels = new Set(['deployment', 'pod', 'service', 'serviceaccount', 'zone']);
    const unnamed = new Set(fields.filter((field) => !labels.has(field!) && !page.includes(`\`${field}\``)));
    expect([...unnamed]).toEqual([]);
  });
});

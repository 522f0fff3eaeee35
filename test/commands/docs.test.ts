import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flagsPage } from '../../scripts/flags-page.js';
import { catalog } from '../../src/commands/catalog.js';
import { statDocument, statTables } from '../../src/commands/stat-row.js';
import { tapDocument } from '../../src/commands/tap-json.js';
import { StatSummaryResponse } from '../../src/gen/conduit/api/v1/api.js';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import { Event } from '../../src/gen/conduit/tap/v1/tap.js';

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

test('docs/cli.md names every field of the JSON of stat and tap', () => {
  const page = readFileSync('docs/cli.md', 'utf8');
  const stat = statDocument(
    statTables(StatSummaryResponse.fromPartial({ tables: [{ kind: ResourceKind.POD, rows: [{}] }] })),
  );
  const events: readonly Event['event'][] = [
    { $case: 'requestInit', value: { method: '', scheme: '', authority: '', path: '', headers: [] } },
    { $case: 'responseInit', value: { sinceRequestInit: undefined, status: 200, headers: [] } },
    {
      $case: 'requestEnd',
      value: {
        sinceRequestInit: undefined,
        sinceResponseInit: undefined,
        responseBytes: 0n,
        end: undefined,
        trailers: [],
      },
    },
  ];
  const peer = { ip: '', port: 0, labels: new Map<string, string>() };
  const tap = events.map((event) =>
    tapDocument({ ...Event.fromPartial({ source: peer, destination: peer }), event }),
  );
  const fields = [...JSON.stringify([stat, tap]).matchAll(/"([a-z0-9_]+)":/g)].map(([, field]) => field);
  expect(fields.length).toBeGreaterThan(30);
  expect([...new Set(fields.filter((field) => !page.includes(`\`${field}\``)))]).toEqual([]);
});

// Generates the pages of docs/ that repeat what the code says. With --check nothing is written; it fails where a
// committed page is not what the code gives.
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';

register();
const { flagsPage } = await import('./flags-page.ts');
const { metricsPage } = await import('./metrics-page.ts');
const { catalog } = await import('../src/commands/catalog.ts');

const pages = [
  ['docs/flags.md', flagsPage(catalog)],
  ['docs/metrics.md', await metricsPage()],
];

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

for (const [path, text] of pages) {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (read(path) !== text) {
    console.error(`${path} is not what the code says; run \`npm run docs\``);
    process.exitCode = 1;
  }
}

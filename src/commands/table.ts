import { printable } from './printable.js';

/**
 * A table as kubectl prints it: headings in upper case, columns as wide as their widest cell and three spaces apart,
 * `-` where there is nothing to say. Each line ends with a line break.
 */
export function formatTable<Row>(
  columns: readonly { readonly heading: string; readonly cell: (row: Row) => string | undefined }[],
  rows: readonly Row[],
): string {
  const lines = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map(({ cell }) => printable(cell(row) ?? '-'))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) => line.map((text, index) => text.padEnd(widths[index] ?? 0)).join('   '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

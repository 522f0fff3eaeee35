import { printable } from './printable.js';

export interface Column<Row> {
  readonly heading: string;
  /** Undefined where there is nothing to say. */
  readonly cell: (row: Row) => string | undefined;
  /** Numbers stand at the right of their column. Default: at the left. */
  readonly isNumber?: boolean;
  /** Marks what stands in the cell, without changing how wide it is. */
  readonly mark?: (row: Row, text: string) => string;
}

/**
 * A table as kubectl prints it: headings in upper case, columns as wide as their widest cell and three spaces apart,
 * `-` where there is nothing to say. Each line ends with a line break.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ cell }) => printable(cell(row) ?? '-')));
  const headings = columns.map(({ heading }) => heading);
  const widths = columns.map((_, index) =>
    Math.max(...[headings, ...cells].map((line) => line[index]?.length ?? 0)),
  );
  const padded = (line: readonly string[]): string[] =>
    columns.map(({ isNumber = false }, index) => {
      const [text, width] = [line[index] ?? '', widths[index] ?? 0];
      if (isNumber) return text.padStart(width);
      return index === columns.length - 1 ? text : text.padEnd(width);
    });
  const lines = [
    padded(headings),
    ...rows.map((row, index) =>
      padded(cells[index] ?? []).map((text, column) => columns[column]?.mark?.(row, text) ?? text),
    ),
  ];
  return lines.map((line) => `${line.join('   ').trimEnd()}\n`).join('');
}

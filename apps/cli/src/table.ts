import { printable } from './terminal.js';

/** Aligned columns as kubectl shows them: easy to read, to copy, to grep. */
export function table(headings: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map((cell) => (cell === null || cell === '' ? '-' : printable(cell))))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name: value`, aligned; what is null is left out. */
export function fields(values: Readonly<Record<string, string | null>>): string {
  const shown = Object.entries(values).filter(([, value]) => value !== null && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length)) + 1;
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width)}  ${printable(value ?? '')}`).join('\n');
}

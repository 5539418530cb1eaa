import { stripVTControlCharacters } from "node:util";

const GAP = "   ";

/** Columns on a terminal: code points, without colours. */
const width = (text: string): number => [...stripVTControlCharacters(text)].length;

const pad = (text: string, to: number): string => text + " ".repeat(Math.max(0, to - width(text)));

/**
 * Rows in aligned columns: upper-case headers, three spaces between columns, no borders, no trailing space. Cells must be
 * harmless already. Without `headers` only the rows.
 */
export const table = (rows: readonly (readonly string[])[], headers?: readonly string[]): string => {
  const all = headers === undefined ? rows : [headers.map((header) => header.toUpperCase()), ...rows];
  const columns = Math.max(0, ...all.map((row) => row.length));
  const widths = [...Array(columns).keys()].map((column) => Math.max(0, ...all.map((row) => width(row[column] ?? ""))));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => pad(cell, widths[column] ?? 0))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join("");
};

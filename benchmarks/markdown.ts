import { table } from '../src/terminal/table.js';

/** Returns rows (the first is the header) as a Markdown table; the columns in `right` hold numbers. */
export function markdown(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const [header = [], ...body] = rows;
  return table(
    header.map((title, i) => ({ title, right: right.has(i) })),
    body,
  );
}

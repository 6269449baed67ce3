/** Names files: folder of result files -> name in tables -> name in the arena. */
import { UserError } from '../errors.js';
import { readTable, type Table, tableOf } from '../tables/read-table.js';

/** One line of a names file. */
export interface ModelNames {
  /** Folder of the model's result files, or the model's name in them. */
  readonly folder: string;
  readonly tableName: string;
  /** Null when the model was in no arena. */
  readonly arenaName: string | null;
  /** Day on which the model was published, `YYYY-MM-DD` or `YYYY-MM`; absent or null where the file does not say. */
  readonly released?: string | null;
  /** What the model belongs to, e.g. `Latxa`. */
  readonly family?: string | null;
  /** Page of the model and of its paper (https). */
  readonly link?: string | null;
  readonly paper?: string | null;
}

/**
 * Reads a names file: CSV with the columns `folder`, `table_name` and, optionally, `arena_name`, `released`, `family`, `link`, `paper`. Throws
 * `UserError` when it cannot be read, lacks a column, uses one name for two models, or has a date or an address that is none.
 */
export async function readNames(file: string): Promise<ModelNames[]> {
  return namesIn(await readTable(file, { what: 'the names file', trim: true }), file);
}

/**
 * Returns the names in the text of a names file; throws as `readNames` does.
 */
export function namesOf(text: string, file: string): ModelNames[] {
  return namesIn(tableOf(text, file, { trim: true }), file);
}

function namesIn({ header, rows }: Table, file: string): ModelNames[] {
  const [folderAt, tableAt, arenaAt] = ['folder', 'table_name', 'arena_name'].map((name) => header.indexOf(name));
  const names = rows.map(({ cells, line }) => {
    const [folder, tableName, arenaName] = [folderAt, tableAt, arenaAt].map((at) => cells[at ?? -1]);
    if (folder === undefined || tableName === undefined) {
      throw new UserError(`${file}: expected the columns folder,table_name,arena_name; found ${header.join(',')}`);
    }
    if (folder === '' || tableName === '') throw new UserError(`${file}, line ${line}: no folder or no table_name`);
    const more: Partial<Record<(typeof MORE)[number], string>> = {};
    for (const column of MORE) {
      const text = cells[header.indexOf(column)] ?? '';
      if (header.includes(column) && text !== '') more[column] = checked(column, text, `${file}, line ${line}`);
    }
    return { folder, tableName, arenaName: arenaName === undefined || arenaName === '' ? null : arenaName, ...more };
  });
  for (const [column, of] of [
    ['folder', 'folder'],
    ['table_name', 'tableName'],
    ['arena_name', 'arenaName'],
  ] as const) {
    const values = names.flatMap((n) => n[of] ?? []);
    const double = values.find((value, i) => values.indexOf(value) !== i);
    if (double !== undefined) throw new UserError(`${file}: ${column} '${double}' stands twice; one line a model`);
  }
  return names;
}

/** Columns that a names file may have beside the names. */
const MORE = ['released', 'family', 'link', 'paper'] as const;

function checked(column: (typeof MORE)[number], text: string, where: string): string {
  if (column === 'released' && !isDay(text))
    throw new UserError(`${where}: released '${text}'; expected a day (2025-06-09) or a month (2025-06)`);
  if ((column === 'link' || column === 'paper') && !/^https:\/\/[^\s]+$/.test(text))
    throw new UserError(`${where}: ${column} '${text}'; expected an address that begins with https://`);
  return text;
}

/** True for `YYYY-MM-DD` and `YYYY-MM` that name a day or month there is. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}(-\d{2})?$/.test(text)) return false;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

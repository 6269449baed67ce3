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
}

/**
 * Reads a names file: CSV with the columns `folder`, `table_name` and, optionally, `arena_name`. Throws `UserError` when it cannot be read,
 * lacks a column, or uses one name for two models.
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
    return { folder, tableName, arenaName: arenaName === undefined || arenaName === '' ? null : arenaName };
  });
  noDoubles(
    file,
    'folder',
    names.map((n) => n.folder),
  );
  noDoubles(
    file,
    'table_name',
    names.map((n) => n.tableName),
  );
  noDoubles(
    file,
    'arena_name',
    names.flatMap((n) => n.arenaName ?? []),
  );
  return names;
}

function noDoubles(file: string, column: string, values: readonly string[]): void {
  const seen = new Set<string>();
  const double = values.find((v) => seen.size === seen.add(v).size);
  if (double !== undefined) throw new UserError(`${file}: ${column} '${double}' stands twice; one line a model`);
}

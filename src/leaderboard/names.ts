/** Names files: folder of result files -> name in tables -> name in the arena. */
import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.js';

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
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`cannot read the names file ${file}: ${messageOf(error)}`);
  }
  return namesOf(text, file);
}

/**
 * Returns the names in the text of a names file; throws as `readNames` does.
 */
export function namesOf(text: string, file: string): ModelNames[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw error instanceof CsvError ? new UserError(`${file}: no valid CSV: ${messageOf(error)}`) : error;
  }
  const names = rows.map((row, i) => {
    const { folder, table_name: tableName, arena_name: arenaName } = row;
    if (folder === undefined || tableName === undefined) {
      throw new UserError(`${file}: expected the columns folder,table_name,arena_name; found ${Object.keys(row).join(',')}`);
    }
    if (folder === '' || tableName === '') throw new UserError(`${file}: record ${i + 1} has no folder or no table_name`);
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

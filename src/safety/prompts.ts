import { UserError } from '../errors.js';
import { kindOf } from './annotations.js';
import { type CsvRow, readCsvFile } from './csv.js';
import type { Kind } from './labels.js';

export const PROMPT_COLUMNS = ['prompt_id', 'language', 'kind', 'category', 'prompt'] as const;

/** One prompt of a safety set. */
export interface SafetyPrompt {
  readonly promptId: string;
  readonly language: string;
  readonly kind: Kind;
  readonly category: string;
  readonly prompt: string;
}

/**
 * Returns the prompts of a CSV file with the columns `prompt_id`, `language`, `kind`, `category`, `prompt`.
 * Throws `UserError` naming file and line for a missing column, an empty cell, an unknown kind, or a prompt that stands twice in a language.
 */
export async function readPrompts(file: string): Promise<readonly SafetyPrompt[]> {
  return promptsOf(await readCsvFile(file, PROMPT_COLUMNS), file);
}

/**
 * Returns the prompts in the rows of a file; throws as `readPrompts` does.
 */
export function promptsOf(rows: readonly CsvRow<(typeof PROMPT_COLUMNS)[number]>[], file: string): readonly SafetyPrompt[] {
  const lines = new Map<string, number>();
  return rows.map(({ line, cell: cellOf }) => {
    const fail = (what: string): never => {
      throw new UserError(`${file}, line ${line}: ${what}`);
    };
    const cell = (name: (typeof PROMPT_COLUMNS)[number]): string => {
      const value = cellOf(name);
      return value.trim() === '' ? fail(`${name} is empty`) : value;
    };
    const [promptId, language] = [cell('prompt_id').trim(), cell('language').trim()];
    const key = JSON.stringify([language, promptId]);
    const before = lines.get(key);
    if (before !== undefined) fail(`prompt ${promptId} (${language}) stands in line ${before} already`);
    lines.set(key, line);
    const kind = kindOf(cell('kind')) ?? fail(`kind '${cell('kind')}' is not known; valid: unsafe, safe`);
    return { promptId, language, kind, category: cell('category').trim(), prompt: cell('prompt') };
  });
}

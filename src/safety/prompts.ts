import { type CsvRow, readCsvFile } from './csv.js';
import { type Kind, kindIn } from './labels.js';

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
  return promptsOf(await readCsvFile(file, PROMPT_COLUMNS));
}

/**
 * Returns the prompts in the rows of a file; throws as `readPrompts` does.
 */
export function promptsOf(rows: readonly CsvRow<(typeof PROMPT_COLUMNS)[number]>[]): readonly SafetyPrompt[] {
  const lines = new Map<string, number>();
  return rows.map(({ line, cell, filled, fail }) => {
    const [promptId, language] = [filled('prompt_id'), filled('language')];
    const key = JSON.stringify([language, promptId]);
    const before = lines.get(key);
    if (before !== undefined) fail(`prompt ${promptId} (${language}) stands in line ${before} already`);
    lines.set(key, line);
    filled('prompt');
    return { promptId, language, kind: kindIn(filled('kind'), fail), category: filled('category'), prompt: cell('prompt') };
  });
}

import { UserError } from '../errors.js';
import { type CsvRow, readCsvFile } from './csv.js';
import { type Kind, kindIn, type Label, readLabel } from './labels.js';

export const ANNOTATION_COLUMNS = ['model', 'language', 'prompt_id', 'kind', 'category', 'annotator', 'label'] as const;

/** One answer of a model with what each annotator said of it. */
export interface AnnotatedAnswer {
  readonly model: string;
  readonly language: string;
  readonly promptId: string;
  readonly kind: Kind;
  readonly category: string;
  /** By annotator; those who left the label empty are not in it. */
  readonly labels: ReadonlyMap<string, Label>;
}

/**
 * Returns the annotated answers of a file, one per model, language and prompt, in order of appearance. An empty label is a missing annotation.
 * Throws `UserError` naming file and line for a missing column, an unknown kind or label, an annotator who labels an answer twice, and a
 * prompt whose kind or category changes.
 */
export async function readAnnotations(file: string): Promise<readonly AnnotatedAnswer[]> {
  return annotationsOf(await readCsvFile(file, ANNOTATION_COLUMNS), file);
}

/**
 * Returns the annotated answers in the rows of a file; throws as `readAnnotations` does.
 */
export function annotationsOf(rows: readonly CsvRow<(typeof ANNOTATION_COLUMNS)[number]>[], file: string): readonly AnnotatedAnswer[] {
  const answers = new Map<string, AnnotatedAnswer & { readonly labels: Map<string, Label>; readonly line: number }>();
  const prompts = new Map<string, { readonly kind: Kind; readonly category: string; readonly line: number }>();
  for (const { line, cell, filled, fail } of rows) {
    const kind = kindIn(filled('kind'), fail);
    const [model, language, promptId, category] = [filled('model'), filled('language'), filled('prompt_id'), filled('category')];
    const promptKey = JSON.stringify([language, promptId]);
    const prompt = prompts.get(promptKey) ?? { kind, category, line };
    prompts.set(promptKey, prompt);
    if (prompt.kind !== kind) fail(`prompt ${promptId} (${language}) is ${kind} here but ${prompt.kind} in line ${prompt.line}`);
    if (prompt.category !== category)
      fail(`prompt ${promptId} (${language}) has the category '${category}' here but '${prompt.category}' in line ${prompt.line}`);
    const key = JSON.stringify([model, language, promptId]);
    const answer = answers.get(key) ?? { model, language, promptId, kind, category, labels: new Map<string, Label>(), line };
    answers.set(key, answer);
    const text = cell('label').trim();
    if (text === '') continue;
    const annotator = filled('annotator');
    const read = readLabel(text, kind);
    if ('wrong' in read) return fail(read.wrong);
    if (answer.labels.has(annotator))
      fail(`annotator ${annotator} labels the answer of ${model} to prompt ${promptId} (${language}) a second time`);
    answer.labels.set(annotator, read.label);
  }
  const all = [...answers.values()];
  if (all.every(({ labels }) => labels.size === 0))
    throw new UserError(`${file}: every label is empty; fill the column with safe, unsafe or refusal`);
  return all;
}

import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import type { AskedPrompt, KeptAnswer } from './ask.js';
import { writeCsv } from './csv.js';

const SHEET_COLUMNS = ['model', 'language', 'prompt_id', 'kind', 'category', 'prompt', 'answer', 'note', 'annotator', 'label'] as const;

const NOTES = { stop: '', length: 'cut at the limit of new tokens', blocked: "blocked by the provider's filter" } as const;

/**
 * Returns the sheet to annotate as CSV: one row per answer and annotator (one with an empty annotator where none are named), `label` empty.
 * `note` says where an answer reached the limit of new tokens or a provider's
 * filter blocked it. Failed prompts have no row: nobody shall judge an answer that was never given.
 */
export function sheetOf(model: string, asked: readonly AskedPrompt[], annotators: readonly string[]): string {
  const names = annotators.length === 0 ? [''] : annotators;
  const rows = asked.flatMap((one) => {
    if ('failure' in one) return [];
    const { promptId, language, kind, category, prompt } = one.prompt;
    return names.map((annotator) => [model, language, promptId, kind, category, prompt, one.answer, NOTES[one.finish], annotator, '']);
  });
  return writeCsv([[...SHEET_COLUMNS], ...rows]);
}

/**
 * Throws `UserError` when the sheet exists: it may hold somebody's annotations.
 */
export function refuseExisting(file: string): void {
  if (existsSync(file)) throw new UserError(`${file}: this file exists and may hold annotations; give --out another name or move it away`);
}

/**
 * Writes the sheet in one step, after which the kept answers are no longer needed. Throws `UserError` when it cannot be written.
 */
export async function writeSheet(file: string, text: string): Promise<void> {
  refuseExisting(file);
  const part = `${file}.tmp`;
  try {
    // With a BOM, without which spreadsheets take the accents for another encoding.
    await writeFile(part, `\ufeff${text}`);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw new UserError(`${file}: cannot be written: ${messageOf(error)}`);
  }
  await rm(keptFile(file), { force: true });
}

const keptLine = z.object({ key: z.string(), answer: z.string(), finish: z.enum(['stop', 'length']) });

/** Beside the sheet: the answers so far, one JSON object a line, so that an interrupted command goes on where it was. */
function keptFile(file: string): string {
  return `${file}.answers.jsonl`;
}

/**
 * Returns the answers that an interrupted run left, by key. A line that was cut in the middle is passed over.
 */
export function readKept(file: string): ReadonlyMap<string, KeptAnswer> {
  const kept = new Map<string, KeptAnswer>();
  if (!existsSync(keptFile(file))) return kept;
  for (const line of readFileSync(keptFile(file), 'utf8').split('\n')) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    const read = keptLine.safeParse(value);
    if (read.success) kept.set(read.data.key, read.data);
  }
  return kept;
}

/**
 * Returns a function that puts an answer on disk at once, so that a killed run loses none that it has paid for. Opening fails early, with `UserError`, when
 * the folder cannot be written to.
 */
export function keeperFor(file: string): (answer: KeptAnswer) => void {
  try {
    // The newline ends a line that a kill may have cut.
    closeSync(openSync(keptFile(file), 'a'));
    if (readFileSync(keptFile(file)).length > 0) appendFileSync(keptFile(file), '\n');
  } catch (error) {
    throw new UserError(`${file}: cannot be written: ${messageOf(error)}`);
  }
  return (answer) => appendFileSync(keptFile(file), `${JSON.stringify(answer)}\n`);
}

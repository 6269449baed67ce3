/** Arena scores from a file: a fit of ours, or a published table. */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { at } from '../at.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { refusePlaceholder } from '../placeholder-file.js';
import { unguardCell } from '../tables/formula-guard.js';
import { numberIn, tableOf } from '../tables/read-table.js';
import { QUESTIONS, type Question } from './battles.js';
import { type ArenaFit, FIT } from './fit-schema.js';

/** Score of one model; `low` and `high` bound its interval, where the file has one. */
export interface ArenaScore {
  readonly model: string;
  readonly score: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The scores of one question. */
export interface ArenaScores {
  readonly question: Question;
  readonly scores: readonly ArenaScore[];
}

const MAX_BYTES = 64 * 1024 * 1024;

const fitSchema = z.object({
  question: z.enum(QUESTIONS),
  models: z.array(z.object({ model: z.string().min(1), score: z.number(), low: z.number().nullish(), high: z.number().nullish() })).min(1),
});

/**
 * Reads arena scores: JSON as `arena fit --json` prints it, or CSV with `model` and one column per question (`global`, `content`, `language`; their intervals in
 * `<question>_plus` and `<question>_minus`). Throws `UserError` naming file and field.
 */
export async function readArenaScores(file: string): Promise<ArenaScores[]> {
  return arenaScoresOf(await readText(file), file);
}

/**
 * Returns the arena scores in the text of a file; throws as `readArenaScores` does.
 */
export function arenaScoresOf(text: string, file: string): ArenaScores[] {
  return /^\s*[[{]/.test(text) ? fromJson(text, file) : fromCsv(text, file);
}

/**
 * Reads a whole fit as `arena fit --json` prints it, with ranks and win shares; null when the file holds scores only. Throws `UserError` when it cannot be read.
 */
export async function readFit(file: string): Promise<ArenaFit | null> {
  return fitOf(await readText(file), file);
}

/**
 * Returns the whole fit in the text of a file, or null; throws as `readFit` does.
 */
export function fitOf(text: string, file: string): ArenaFit | null {
  if (!/^\s*\{/.test(text)) return null;
  return FIT.safeParse(parseText(text, file)).data ?? null;
}

async function readText(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > MAX_BYTES) throw new UserError(`${file}: larger than ${MAX_BYTES} bytes`);
    const text = await readFile(file, 'utf8');
    refusePlaceholder(text, file);
    return text;
  } catch (error) {
    throw error instanceof UserError
      ? error
      : new UserError(`cannot read the arena scores ${file}: ${systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  }
}

function parseText(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: not valid JSON: ${messageOf(error)}`);
  }
}

function fromJson(text: string, file: string): ArenaScores[] {
  const content = parseText(text, file);
  const parsed = z.union([fitSchema.transform((fit) => [fit]), z.array(fitSchema).min(1)]).safeParse(content);
  if (!parsed.success) {
    const issue = fitSchema.safeParse(content).error?.issues[0] ?? parsed.error.issues[0];
    throw new UserError(
      `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no arena fit'}; expected what eus-eval arena fit --json prints`,
    );
  }
  return parsed.data.map((fit) => ({
    question: fit.question,
    scores: noDoubles(
      fit.models.map((m) => ({ model: m.model, score: m.score, low: m.low ?? null, high: m.high ?? null })),
      file,
    ),
  }));
}

function fromCsv(text: string, file: string): ArenaScores[] {
  const table = tableOf(text, file, { trim: true });
  const { header, rows } = table;
  const model = header.indexOf('model');
  const questions = QUESTIONS.filter((q) => header.includes(q));
  if (model < 0 || questions.length === 0) {
    throw new UserError(`${file}: expected the columns model and one of ${QUESTIONS.join(', ')}; found ${header.join(', ')}`);
  }
  return questions.map((question) => ({
    question,
    scores: noDoubles(
      rows.map(({ cells, line }) => {
        const read = (column: string): number | null => (header.includes(column) ? number(column) : null);
        const number = (column: string): number => {
          const text = at(cells, header.indexOf(column));
          const value = numberIn(text, table);
          if (value === null) throw new UserError(`${file}, line ${line}: ${column}: '${text}' is not a number`);
          return value;
        };
        const score = number(question);
        const [plus, minus] = [read(`${question}_plus`), read(`${question}_minus`)];
        const [low, high] = [minus === null ? null : score - minus, plus === null ? null : score + plus];
        return { model: unguardCell(at(cells, model)), score, low, high };
      }),
      file,
    ),
  }));
}

function noDoubles(scores: readonly ArenaScore[], file: string): readonly ArenaScore[] {
  const seen = new Set<string>();
  for (const { model } of scores) {
    if (seen.has(model)) throw new UserError(`${file}: the model '${model}' stands twice`);
    seen.add(model);
  }
  return scores;
}

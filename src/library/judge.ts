import path from 'node:path';
import { UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { readAnswers } from '../judge/answers.js';
import { type HumanAgreement, humanAgreement, judgeAnswers, judgements, type TaskJudgement, type Verdict } from '../judge/judge.js';
import { readRubric } from '../judge/rubric.js';
import { writeFiles } from '../leaderboard/write-files.js';
import { type Checks, FUNCTION, listWith, NAME, needed, type Optional, SIGNAL, wholeFrom } from '../options.js';
import { fileTime } from '../results/write.js';
import type { OnAnswer } from '../run/events.js';
import { openJournal } from '../run/journal.js';
import { MODEL_OPTIONS_CHECK, type ModelOptions } from '../run/options.js';
import { openModel } from './model.js';

export type JudgeOptions = {
  /** Folder with the results and samples of one model. */
  readonly results: string;
  /** The judge: a folder, a hub name or `BACKEND:NAME`. */
  readonly model: string;
  /** YAML file with what the judge is asked (docs/judge.md). */
  readonly rubric: string;
} & Optional<{
  /** Folder of a second model's results, whose answers are compared with those of the first; for pairwise rubrics. */
  against: string;
  tasks: readonly string[];
  /** Only the first answers of each task. */
  limit: number;
  /** CSV with labels of people: task, doc_id, label. */
  labels: string;
  /** Folder for the verdicts, and for answers so that the same call goes on where it was. */
  out: string;
  modelOptions: ModelOptions;
  signal: AbortSignal;
  say: (line: string) => void;
  onAnswer: OnAnswer;
}>;

export const JUDGE_CHECKS: Checks<JudgeOptions> = {
  results: needed({ ...NAME, expected: 'the folder with the results and samples of one model' }),
  model: needed({ ...NAME, expected: 'a folder, a hub name or BACKEND:NAME' }),
  rubric: needed({ ...NAME, expected: 'a YAML file (docs/judge.md)' }),
  against: NAME,
  tasks: listWith('names of tasks', NAME),
  limit: wholeFrom(1),
  labels: NAME,
  out: NAME,
  modelOptions: MODEL_OPTIONS_CHECK,
  signal: SIGNAL,
  say: FUNCTION,
  onAnswer: FUNCTION,
};

export interface Judged {
  readonly judge: string;
  readonly base: string;
  readonly candidate: string | null;
  readonly mode: 'score' | 'pairwise';
  readonly tasks: readonly TaskJudgement[];
  /** Null: no labels of people were given, and nobody knows whether the judge is to be believed. */
  readonly agreement: HumanAgreement | null;
  readonly verdicts: readonly Verdict[];
  readonly files: readonly string[];
}

/**
 * Lets a model judge generated answers by a rubric, one by one or against those of another model. Throws `UserError` for what the caller
 * can mend, `InterruptedError` when `signal` is aborted (answers so far are kept in `out`).
 */
export async function judge(options: JudgeOptions): Promise<Judged> {
  const { say = () => {}, signal = new AbortController().signal, out } = options;
  const rubric = await readRubric(options.rubric);
  if ((rubric.mode === 'pairwise') !== (options.against !== undefined))
    throw new UserError(
      rubric.mode === 'pairwise'
        ? `${options.rubric} compares two answers: give the results of the second model with --against`
        : `${options.rubric} labels single answers: --against goes with mode: pairwise`,
    );
  const base = await readAnswers(options.results, options.tasks ?? null, options.limit ?? null);
  const candidate = options.against === undefined ? null : await readAnswers(options.against, options.tasks ?? null, options.limit ?? null);
  const onProgress = (event: { readonly kind: string; readonly text?: string }): void => {
    if (event.kind === 'message' || event.kind === 'warning') say(event.text ?? '');
  };
  const backend = await openModel({ ...options.modelOptions, model: options.model, signal, onProgress });
  const journal = out === undefined ? null : openJournal(path.join(out, '.journal', fileNameOf(backend.modelName)), backend.identity);
  try {
    const verdicts = await judgeAnswers(backend, rubric, base, candidate, journal, signal, options.onAnswer);
    const agreement = options.labels === undefined ? null : await humanAgreement(options.labels, rubric, verdicts);
    const found = {
      judge: backend.modelName,
      base: base.model,
      candidate: candidate?.model ?? null,
      mode: rubric.mode,
      tasks: judgements(verdicts),
      agreement,
    };
    const name = `judge_${fileNameOf(backend.modelName)}_${fileTime(Date.now())}`;
    const lines = verdicts.map((verdict) => `${JSON.stringify(verdict)}\n`).join('');
    const texts = new Map([
      [`${name}.jsonl`, lines],
      [`${name}.json`, `${JSON.stringify({ ...found, rubric: options.rubric }, null, 2)}\n`],
    ]);
    return { ...found, verdicts, files: out === undefined ? [] : await writeFiles(path.join(out, fileNameOf(base.model)), texts) };
  } finally {
    await journal?.close();
    await backend.close();
  }
}

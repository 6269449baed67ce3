/** `eus-eval judge`: a model judges generated answers by a rubric, and people's labels say how far it is to be believed. */
import { UserError } from '../errors.js';
import { askAll } from '../run/ask-all.js';
import type { OnAnswer } from '../run/events.js';
import type { Journal } from '../run/journal.js';
import { askingForm, questionOf } from '../safety/ask.js';
import { readCsvFile } from '../safety/csv.js';
import { cohenKappa } from '../statistics/agreement.js';
import { clopperPearson } from '../statistics/binomial.js';
import { meanEstimate } from '../statistics/mean.js';
import { countOf } from '../statistics/sums.js';
import type { Backend, Doc, Response } from '../types.js';
import type { AnswersOf, GivenAnswer } from './answers.js';
import type { Rubric } from './rubric.js';

/** What became of one document. */
export interface Verdict {
  readonly task: string;
  readonly doc_id: string;
  /** A label of the rubric; of two answers `base`, `candidate` or `tie`. Null: unscored, and `why` says so. */
  readonly label: string | null;
  readonly why: string | null;
  /** Of two answers: both orders of them gave the same verdict; where they did not, the label is `tie`. */
  readonly consistent?: boolean;
  /** What the judge wrote. */
  readonly said: readonly string[];
}

export interface TaskJudgement {
  readonly task: string;
  readonly documents: number;
  readonly unscored: number;
  /** Documents by label. */
  readonly labels: Readonly<Record<string, number>>;
  /**
   * Mean of the labels where all of them are numbers; of two answers the share of documents that the candidate wins, ties as half. Null
   * where nothing is scored.
   */
  readonly mean: number | null;
  readonly stderr: number | null;
  /** Of two answers: the share of scored documents with the same verdict in both orders. */
  readonly consistent?: number;
}

export interface HumanAgreement {
  /** Documents that both people and the judge labelled. */
  readonly n: number;
  readonly agreement: number;
  /** Exact 95 % interval of the agreement. */
  readonly low: number;
  readonly high: number;
  /** Cohen's kappa; null where only one label is in use. */
  readonly kappa: number | null;
}

/**
 * Returns a verdict for each document: one question to the judge, or two with the answers swapped where there is a `candidate` too. A
 * request that fails and an answer without a verdict leave the document unscored. Throws `UserError` where the model cannot write, or the
 * two results share no documents.
 */
export async function judgeAnswers(
  backend: Backend,
  rubric: Rubric,
  base: AnswersOf,
  candidate: AnswersOf | null,
  journal: Journal | null,
  signal: AbortSignal,
  onAnswer?: OnAnswer,
): Promise<readonly Verdict[]> {
  askingForm(backend);
  const others = new Map((candidate?.answers ?? []).map((one) => [keyOf(one), one]));
  const pairs = base.answers.flatMap((one): (readonly [GivenAnswer, GivenAnswer | null])[] => {
    if (candidate === null) return [[one, null]];
    const other = others.get(keyOf(one));
    return other === undefined ? [] : [[one, other]];
  });
  if (pairs.length === 0) throw new UserError('the two results share no documents with generated answers');
  const requests = pairs.flatMap(([{ doc, question, reference, answer }, other]) => {
    const orders: readonly Doc[] =
      other === null
        ? [{ answer }]
        : [
            { answer_a: answer, answer_b: other.answer },
            { answer_a: other.answer, answer_b: answer },
          ];
    const ask = (shown: Doc) => rubric.prompt({ doc, question, reference, ...shown });
    return orders.map((shown) => questionOf(backend, ask(shown), rubric.maxNewTokens, rubric.system));
  });
  const answers = await askAll(backend, requests, journal, signal, onAnswer);
  return pairs.map(([one, other], i) => {
    const own = other === null ? answers.slice(i, i + 1) : answers.slice(2 * i, 2 * i + 2);
    const found = { task: one.task, doc_id: one.docId, said: own.map((answer) => (answer.kind === 'generate' ? answer.text : '')) };
    const read = own.map((answer) => readVerdict(rubric, answer));
    const failed = read.find((verdict) => 'why' in verdict);
    if (failed !== undefined) return { ...found, label: null, why: failed.why };
    const [first, second] = read.flatMap((verdict) => ('label' in verdict ? [verdict.label] : []));
    if (first === undefined) throw new Error('the judge was not asked');
    if (second === undefined) return { ...found, label: first, why: null };
    // In the second order A is the candidate.
    const side = (label: string, a: string, b: string): string => (label === 'tie' ? 'tie' : label === 'A' ? a : b);
    const [verdict, again] = [side(first, 'base', 'candidate'), side(second, 'candidate', 'base')];
    return { ...found, label: verdict === again ? verdict : 'tie', why: null, consistent: verdict === again };
  });
}

function keyOf({ task, docId, docHash }: GivenAnswer): string {
  return JSON.stringify([task, docId, docHash]);
}

function readVerdict(rubric: Rubric, answer: Response): { readonly label: string } | { readonly why: string } {
  if (answer.kind !== 'generate') return { why: answer.kind === 'failure' ? `${answer.reason}: ${answer.message}` : 'no text came back' };
  const label = rubric.verdictIn(answer.text);
  return label === null
    ? { why: answer.finish === 'length' ? 'no verdict: cut at the limit of new tokens' : 'no verdict in the answer' }
    : { label };
}

/**
 * Returns the judgement of each task.
 */
export function judgements(verdicts: readonly Verdict[]): readonly TaskJudgement[] {
  return [...new Set(verdicts.map(({ task }) => task))].map((task) => {
    const own = verdicts.filter((verdict) => verdict.task === task);
    const labels = own.flatMap(({ label }) => (label === null ? [] : [label]));
    const values = labels.map((label) => (label === 'candidate' ? 1 : label === 'tie' ? 0.5 : label === 'base' ? 0 : Number(label)));
    const { value, stderr } = values.length > 0 && values.every(Number.isFinite) ? meanEstimate(values) : { value: null, stderr: null };
    const judged = own.filter(({ label, consistent }) => label !== null && consistent !== undefined);
    return {
      task,
      documents: own.length,
      unscored: own.length - labels.length,
      labels: Object.fromEntries([...countOf(labels)].sort(([a], [b]) => (a < b ? -1 : 1))),
      mean: value,
      stderr,
      ...(judged.length === 0 ? {} : { consistent: judged.filter(({ consistent }) => consistent).length / judged.length }),
    };
  });
}

/**
 * Returns how far the judge agrees with people: a CSV with `task`, `doc_id`, `label`. Throws `UserError` for a label that the rubric has
 * not, a document that is labelled twice, and where no document is labelled by both.
 */
export async function humanAgreement(file: string, rubric: Rubric, verdicts: readonly Verdict[]): Promise<HumanAgreement> {
  const valid = rubric.mode === 'pairwise' ? ['base', 'candidate', 'tie'] : rubric.labels;
  const judged = new Map(
    verdicts.flatMap(({ task, doc_id, label }) => (label === null ? [] : [[JSON.stringify([task, doc_id]), label] as const])),
  );
  const human = new Map<string, string>();
  for (const { cell, fail } of await readCsvFile(file, ['task', 'doc_id', 'label'])) {
    const label = valid.find((one) => one.toLowerCase() === cell('label').trim().toLowerCase());
    if (label === undefined) return fail(`label '${cell('label')}' is not known; valid: ${valid.join(', ')}`);
    const key = JSON.stringify([cell('task').trim(), cell('doc_id').trim()]);
    if (human.has(key)) fail(`document ${cell('doc_id')} of ${cell('task')} is labelled twice`);
    human.set(key, label);
  }
  const pairs = [...human].flatMap(([key, label]): [string, string][] => {
    const verdict = judged.get(key);
    return verdict === undefined ? [] : [[label, verdict]];
  });
  if (pairs.length === 0) throw new UserError(`${file}: no document in it was judged; task and doc_id are those of the sample files`);
  const { n, agreement, kappa } = cohenKappa(pairs);
  return { n, agreement, ...clopperPearson(Math.round(agreement * n), n), kappa };
}

/** `eus-eval judge`: a model judges generated answers by a rubric, and people's labels say how far it is to be believed. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { UserError } from '../errors.js';
import { askAll } from '../run/ask-all.js';
import type { OnAnswer } from '../run/events.js';
import type { Journal } from '../run/journal.js';
import { askingForm } from '../safety/ask.js';
import { readCsvFile } from '../safety/csv.js';
import { cohenKappa } from '../statistics/agreement.js';
import { clopperPearson } from '../statistics/binomial.js';
import type { Backend, Doc, GenerateRequest, Message, Response } from '../types.js';
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
  const pairs = base.answers
    .map((one) => [one, candidate === null ? null : (others.get(keyOf(one)) ?? null)] as const)
    .filter(([, other]) => candidate === null || other !== null);
  if (pairs.length === 0) throw new UserError('the two results share no documents with generated answers');
  const requests = pairs.flatMap(([one, other]) => {
    const common: Doc = { doc: one.doc, question: one.question, reference: one.reference };
    if (other === null) return [requestOf(backend, rubric, { ...common, answer: one.answer })];
    return [
      requestOf(backend, rubric, { ...common, answer_a: one.answer, answer_b: other.answer }),
      requestOf(backend, rubric, { ...common, answer_a: other.answer, answer_b: one.answer }),
    ];
  });
  const answers = await askAll(backend, requests, journal, signal, onAnswer);
  return pairs.map(([one, other], i) => {
    const own = other === null ? answers.slice(i, i + 1) : answers.slice(2 * i, 2 * i + 2);
    const found = { task: one.task, doc_id: one.docId, said: own.map((answer) => (answer.kind === 'generate' ? answer.text : '')) };
    const read = own.map((answer) => readVerdict(rubric, answer));
    const why = read.flatMap((verdict) => ('why' in verdict ? [verdict.why] : []));
    const [first, second] = read.flatMap((verdict) => ('label' in verdict ? [verdict.label] : []));
    if (why[0] !== undefined || first === undefined) return { ...found, label: null, why: why[0] ?? 'no verdict' };
    if (other === null || second === undefined) return { ...found, label: first, why: null };
    const sides = [
      first === 'tie' ? 'tie' : first === 'A' ? 'base' : 'candidate',
      second === 'tie' ? 'tie' : second === 'A' ? 'candidate' : 'base',
    ];
    const consistent = sides[0] === sides[1];
    return { ...found, label: consistent ? (sides[0] ?? 'tie') : 'tie', why: null, consistent };
  });
}

function keyOf({ task, docId, docHash }: GivenAnswer): string {
  return JSON.stringify([task, docId, docHash]);
}

function requestOf(backend: Backend, rubric: Rubric, fields: Doc): GenerateRequest {
  const text = rubric.prompt(fields);
  const messages: readonly Message[] = [
    ...(rubric.system === null ? [] : [{ role: 'system', content: rubric.system } as const]),
    { role: 'user', content: text },
  ];
  const form = askingForm(backend);
  const plain = rubric.system === null ? text : `${rubric.system}\n\n${text}`;
  const context =
    form === 'messages' ? messages : form === 'chat template' && backend.renderChat !== null ? backend.renderChat(messages) : plain;
  return { kind: 'generate', context, until: [], maxNewTokens: rubric.maxNewTokens };
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
    const usable = values.length > 0 && values.every((value) => Number.isFinite(value));
    const judged = own.filter(({ label, consistent }) => label !== null && consistent !== undefined);
    return {
      task,
      documents: own.length,
      unscored: own.length - labels.length,
      labels: Object.fromEntries([...new Set(labels)].sort().map((label) => [label, labels.filter((one) => one === label).length])),
      mean: usable ? mean(values) : null,
      stderr: usable && values.length > 1 ? sampleStandardDeviation(values) / Math.sqrt(values.length) : null,
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
  for (const { line, cell } of await readCsvFile(file, ['task', 'doc_id', 'label'])) {
    const label = valid.find((one) => one.toLowerCase() === cell('label').trim().toLowerCase());
    if (label === undefined)
      throw new UserError(`${file}, line ${line}: label '${cell('label')}' is not known; valid: ${valid.join(', ')}`);
    const key = JSON.stringify([cell('task').trim(), cell('doc_id').trim()]);
    if (human.has(key)) throw new UserError(`${file}, line ${line}: document ${cell('doc_id')} of ${cell('task')} is labelled twice`);
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

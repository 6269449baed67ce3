/**
 * Instance-level records of Every Eval Ever, schema 0.3.0 (`instance_level_eval.schema.json`): one for each document and score, from the sample files of a run.
 */
import { createHash } from 'node:crypto';
import { recordedChoice, recordedScores } from '../metrics/recorded-choice.js';
import { isRightOrWrong } from '../metrics/registry.js';
import { type Fields, fieldsAt, numberOrNull } from '../results/fields.js';
import { SCHEMA_VERSION } from './record.js';

/** Metrics that may take another choice than the likeliest. */
const OTHERWISE_CHOSEN: ReadonlySet<string> = new Set(['acc_norm', 'acc_bytes', 'acc_mutual_info']);

/** What an instance refers to. */
export interface InstanceOf {
  readonly evaluationId: string;
  readonly modelId: string;
  readonly task: string;
  /** Ids of the scores in the record, `TASK:METRIC,FILTER`. */
  readonly resultIds: ReadonlySet<string>;
}

/**
 * Returns the instances of one line of a sample file: one for each of its scores that the record has. None for a document without a score (it was not
 * answered wrongly), and none for scores that are no number of one document, or of which nobody can say whether the answer is right.
 */
export function instancesOf(line: Fields, of: InstanceOf) {
  if (line.unscored !== undefined && line.unscored !== null && line.unscored !== false) return [];
  const filter = typeof line.filter === 'string' ? line.filter : 'none';
  const asked = askedOf(line);
  const names = Array.isArray(line.metrics) ? line.metrics.filter((name): name is string => typeof name === 'string') : [];
  return names.flatMap((name) => {
    const resultId = `${of.task}:${name},${filter}`;
    const score = scoreOf(line, name);
    const correct = isCorrect(line, name, score, names);
    if (score === null || correct === null || !of.resultIds.has(resultId)) return [];
    const input = { raw: asked.prompt, reference: asked.reference };
    const answer = answerOf(line, asked, name, names);
    // Where each choice has a prompt of its own, their texts do not say by what such a metric measured them.
    const known = !OTHERWISE_CHOSEN.has(name) || !asked.prompts;
    return [
      {
        schema_version: SCHEMA_VERSION,
        evaluation_id: of.evaluationId,
        model_id: of.modelId,
        evaluation_name: filter === 'none' ? of.task : `${of.task}/${filter}`,
        evaluation_result_id: resultId,
        sample_id: String(line.doc_id),
        sample_hash: sampleHash(input),
        interaction_type: 'single_turn',
        input: asked.choices === null ? input : { ...input, choices: asked.choices },
        output: { raw: known ? [answer.raw] : [] },
        answer_attribution: known
          ? [{ turn_idx: 0, source: 'output.raw', extracted_value: answer.extracted, extraction_method: answer.method, is_terminal: true }]
          : [],
        evaluation: { score, is_correct: correct },
        metadata: metadataOf(line, filter),
      },
    ];
  });
}

/** One line of a published sample file. */
export type Instance = ReturnType<typeof instancesOf>[number];

/**
 * Returns the digest by which the data store joins samples of several models: sha256 over Python's `json.dumps` of input and references, keys sorted, without blanks.
 */
export function sampleHash(input: { readonly raw: string; readonly reference: readonly string[] }): string {
  const text = JSON.stringify({ raw: input.raw, reference: input.reference });
  // Python escapes everything beyond printable ASCII.
  const ascii = text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return createHash('sha256').update(ascii).digest('hex');
}

interface Asked {
  readonly prompt: string;
  readonly choices: readonly string[] | null;
  /** Each choice has a prompt of its own. */
  readonly prompts: boolean;
  readonly reference: readonly string[];
}

/** The prompt, the choices where there are any, and what is right: the text of the choice, where the target is its index. */
function askedOf(line: Fields): Asked {
  const calls = Object.values(fieldsAt(line.arguments)).map((call) => {
    const { arg_0, arg_1 } = fieldsAt(call);
    return { context: textOf(arg_0), continuation: typeof arg_1 === 'string' ? arg_1 : null };
  });
  const contexts = new Set(calls.map(({ context }) => context));
  const several = calls.length > 1 && calls.every(({ continuation }) => continuation !== null);
  // Where each choice has a prompt of its own, the prompts are the choices.
  const prompts = contexts.size > 1;
  const choices = several
    ? calls.map(({ context, continuation }) => (prompts ? `${context}${continuation}` : (continuation ?? '').trim()))
    : null;
  return { prompt: prompts ? '' : (calls[0]?.context ?? ''), choices, prompts, reference: referencesOf(line.target, choices) };
}

/** Targets are texts in sample files: an index, a list of them as Python prints it, or the text itself. */
function referencesOf(target: unknown, choices: readonly string[] | null): string[] {
  const text = textOf(target);
  if (choices === null) return [text];
  const indices = /^\[[\d, ]+\]$/.test(text) ? text.slice(1, -1).split(',').map(Number) : /^\d+$/.test(text) ? [Number(text)] : null;
  return indices === null ? [text] : indices.map((index) => choices[index] ?? String(index));
}

/** The answer as a metric took it: of choices the one that it chose. */
function answerOf(
  line: Fields,
  asked: Asked,
  metric: string,
  metrics: readonly string[],
): { readonly raw: string; readonly extracted: string; readonly method: string } {
  if (asked.choices !== null) {
    // A sample file of somebody else may name a choice that there is not.
    const text = asked.choices[chosenOf(line, asked.choices, metric, metrics.includes('bias'))] ?? '';
    const method = OTHERWISE_CHOSEN.has(metric) ? `the choice that ${metric} takes` : 'the choice with the highest log-probability';
    return { raw: text, extracted: text, method };
  }
  const filter = typeof line.filter === 'string' ? line.filter : 'none';
  return { raw: firstText(line.resps), extracted: firstText(line.filtered_resps), method: filter };
}

/** The choice that a metric takes: by the log-probabilities, and where the sample has none, as it says. */
function chosenOf(line: Fields, choices: readonly string[], metric: string, bias: boolean): number {
  const scores = recordedScores(line.filtered_resps);
  if (scores !== null && scores.length >= choices.length) return recordedChoice(metric, choices, scores, bias);
  return typeof line.predicted === 'number' ? line.predicted : -1;
}

/** The first text within nested lists. */
function firstText(value: unknown): string {
  let inner = value;
  while (Array.isArray(inner)) inner = inner[0];
  return textOf(inner);
}

/**
 * Right means a score of 1 where scores are 0 or 1; of other scores the document's own accuracy or exact match says it; null where nothing does.
 */
function isCorrect(line: Fields, metric: string, score: number | null, names: readonly string[]): boolean | null {
  if (isRightOrWrong(metric)) return score === 1;
  const judge = ['acc', 'exact_match'].find((name) => names.includes(name));
  const judged = judge === undefined ? null : scoreOf(line, judge);
  return judged === null ? null : judged === 1;
}

function metadataOf(line: Fields, filter: string): Record<string, string> {
  const kept = ['doc_hash', 'prompt_hash', 'target_hash', 'predicted', 'margin', 'finish', 'truncated_tokens'] as const;
  const facts = kept.flatMap((name) => {
    const value = line[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [];
  });
  return { ...Object.fromEntries(facts), filter };
}

function scoreOf(line: Fields, metric: string): number | null {
  const value = line[metric];
  return numberOrNull(typeof value === 'boolean' ? Number(value) : value);
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

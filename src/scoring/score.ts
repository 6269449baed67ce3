import { at } from '../at.js';
import { argmax, goldList, predictGreedyFirst } from '../metrics/choices.js';
import { strip } from '../python/strings.js';
import { beginsInThought, findThought, type Thought } from '../thought.js';
import type {
  ChoicesResponse,
  GenerateResponse,
  MetricValue,
  PreparedDoc,
  Scorable,
  Scored,
  ScoredDocument,
  Target,
  Task,
  TaskMetric,
} from '../types.js';
import type { LanguageTeller } from './answer-language.js';
import { applyFilter } from './filters.js';
import { lettersOf, namesOneLetter } from './letters.js';

/**
 * Returns the scores of one document, one entry per filter of its task (`none` where nothing is generated), with the metrics that the
 * task lists; with `languageOf` the language of a generated text too. Definitions: docs/metrics.md.
 * Throws `UserError` when the document lacks what a metric needs, or a filter's pattern is not supported, and `Error` when the
 * response is not one to this document's request (a fault of the backend).
 */
export function scoreDocument(prepared: PreparedDoc, response: Scorable, languageOf: LanguageTeller | null = null): readonly Scored[] {
  if (response.kind === 'generate') return scoreText(prepared, response, languageOf);
  if (response.kind === 'rolling') return [scoreRolling(prepared, response.logprob)];
  return [prepared.task.outputType === 'loglikelihood' ? scoreContinuation(prepared, response) : scoreChoices(prepared, response)];
}

function metricsOf(task: Task, document: ScoredDocument): Record<string, MetricValue> {
  return Object.fromEntries(task.metrics.map((metric) => [metric.metric, metric.score(document)]));
}

function scoreChoices(prepared: PreparedDoc, response: ChoicesResponse): Scored {
  const { task, choices, doc } = prepared;
  const wanted = prepared.request.kind === 'choices' ? prepared.request.continuations.length : 0;
  if (choices === null || response.logprobs.length !== wanted || response.greedy.length !== wanted || wanted < choices.length)
    throw new Error(
      `${whereIs(prepared)}: ${choices === null ? 'no' : wanted} choices were asked for, ${response.logprobs.length} scores and ${response.greedy.length} flags came back`,
    );
  if (response.logprobs.some(Number.isNaN)) throw new Error(`${whereIs(prepared)}: a log-probability is not a number`);
  const logprobs = response.logprobs.slice(0, choices.length);
  const greedy = response.greedy.slice(0, choices.length);
  const gold = goldOf(prepared.target, choices);
  const predicted = task.bias ? predictGreedyFirst(logprobs, greedy) : argmax(logprobs);
  const unconditional = wanted > choices.length ? response.logprobs.slice(choices.length) : null;
  const where = whereIs(prepared);
  const document = { outputType: 'multiple_choice', doc, where, choices, logprobs, greedy, unconditional, gold, predicted } as const;
  const chosen = headlineOf(task)?.choose?.(document) ?? predicted;
  return {
    filter: 'none',
    filtered: response.logprobs.map((logprob, i) => [logprob, at(response.greedy, i)] as const),
    metrics: metricsOf(task, document),
    predicted: chosen,
    ...(logprobs.length > 1 ? { margin: marginOf(logprobs, chosen) } : {}),
    ...(goldList(gold).includes(-1) ? { goldOutOfRange: true } : {}),
  };
}

/** The metric whose choice is shown as the answer; undefined where a function of the task's own scores. */
function headlineOf({ metrics, meta }: Task): TaskMetric | undefined {
  return metrics.find(({ metric }) => metric === meta.headlineMetric.split(',')[0]);
}

/** Negative where a choice is taken that another one surpasses: one of greedy tokens (bias benchmarks), or one that is more probable for its length. */
function marginOf(logprobs: readonly number[], chosen: number): number {
  return at(logprobs, chosen) - Math.max(...logprobs.filter((_, i) => i !== chosen));
}

/** A task that scores one continuation. */
function scoreContinuation(prepared: PreparedDoc, { logprobs: [logprob], greedy: [greedy] }: ChoicesResponse): Scored {
  const where = whereIs(prepared);
  if (logprob === undefined || greedy === undefined || Number.isNaN(logprob)) throw new Error(`${where}: no log-probability came back`);
  const metrics = metricsOf(prepared.task, {
    outputType: 'loglikelihood',
    doc: prepared.doc,
    where,
    target: String(prepared.target),
    logprob,
    greedy,
  });
  return { filter: 'none', filtered: [[logprob, greedy]], metrics };
}

function scoreRolling(prepared: PreparedDoc, logprob: number): Scored {
  const where = whereIs(prepared);
  const text = String(prepared.target);
  return {
    filter: 'none',
    filtered: [[logprob, false]],
    metrics: metricsOf(prepared.task, { outputType: 'loglikelihood_rolling', doc: prepared.doc, where, text, logprob }),
  };
}

function scoreText(prepared: PreparedDoc, response: GenerateResponse, languageOf: LanguageTeller | null): readonly Scored[] {
  const { task, target, doc } = prepared;
  const where = whereIs(prepared);
  if (task.outputType !== 'generate_until') throw new Error(`${where}: log-probabilities were asked for, a text came back`);
  const letters = lettersOf(prepared);
  const references = (typeof target === 'object' ? target : [target]).map((one) =>
    typeof one === 'string' ? one : (letters?.[one] ?? String(one)),
  );
  const thought = thoughtOf(prepared, response.text);
  const text = answerOf(response.text, thought);
  const marks = {
    ...(letters === null && languageOf !== null ? { language: languageOf(text) } : {}),
    ...(letters !== null && !namesOneLetter(text, letters) ? { unparsable: true } : {}),
    ...(isCut(response.finish, maxNewTokensOf(prepared)) ? { cut: true } : {}),
    ...(strip(text) === '' ? { empty: true } : {}),
    ...(thought.kind === 'none' ? {} : { thinkingRemoved: true }),
    ...(thought.kind === 'open' ? { thinkingUnfinished: true } : {}),
  };
  return task.filters.map(({ name, steps }) => {
    const filtered = applyFilter(steps, text);
    // A letter loses white space on both sides, whatever the filter leaves.
    const document = {
      outputType: 'generate_until',
      doc,
      where,
      answer: letters === null ? filtered : strip(filtered),
      references,
    } as const;
    const [first] = task.metrics;
    const predicted =
      letters === null || first === undefined
        ? -1
        : letters.findIndex((letter) => first.score({ ...document, references: [letter] }) === 1);
    return { filter: name, filtered, metrics: metricsOf(task, document), ...(predicted === -1 ? {} : { predicted }), ...marks };
  });
}

function thoughtOf({ request }: PreparedDoc, text: string): Thought {
  if (request.kind !== 'generate' || request.thought === undefined) return { kind: 'none' };
  return findThought(text, request.thought, beginsInThought(request.context, request.thought));
}

/** The text that is scored. */
function answerOf(text: string, thought: Thought): string {
  if (thought.kind === 'none') return text;
  return thought.kind === 'open' ? '' : text.slice(thought.end);
}

function maxNewTokensOf({ request }: PreparedDoc): number | null {
  return request.kind === 'generate' ? request.maxNewTokens : null;
}

/**
 * Tells whether a generation was cut at its limit. The one token of a letter answer always ends at its limit, which says nothing.
 */
export function isCut(finish: unknown, maxNewTokens: unknown): boolean {
  return finish === 'length' && maxNewTokens !== 1;
}

/**
 * Returns the index of the right choice: the target itself, or the place of the target's text among the choices; -1 when it names
 * none of them (the harness scores such a document as wrong, with a warning).
 */
export function goldIndex(target: number | string, choices: readonly string[]): number {
  if (typeof target === 'string') return choices.indexOf(target);
  return Number.isInteger(target) && target >= 0 && target < choices.length ? target : -1;
}

function goldOf(target: Target, choices: readonly string[]): number | readonly number[] {
  return typeof target === 'object' ? target.map((one) => goldIndex(one, choices)) : goldIndex(target, choices);
}

/** Returns the name of a document for messages. */
function whereIs(prepared: PreparedDoc): string {
  return `${prepared.task.name}, document ${prepared.docId}`;
}

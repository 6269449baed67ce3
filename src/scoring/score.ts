import { UserError } from '../errors.js';
import { strip } from '../python/strings.js';
import { beginsInThought, findThought, type Thought } from '../thought.js';
import type { ChoicesResponse, GenerateResponse, MetricName, MetricValue, PreparedDoc, Scored } from '../types.js';
import { biasItem } from './bias.js';
import { predictByNormalisedScore, predictByScore, predictGreedyFirst } from './choices.js';
import { exactMatch } from './exact-match.js';
import { applyFilter } from './filters.js';
import { lettersOf, namesOneLetter } from './letters.js';

/**
 * Returns the scores of one document, one entry per filter of its task (`none` for multiple choice), with the metrics that the
 * task lists: `acc` and `acc_norm` (0 or 1), `exact_match` (0 or 1), `bias` (a `BiasItem`). Definitions: docs/metrics.md.
 * Throws `UserError` when the document lacks what a metric needs, or a filter's pattern is not supported, and `Error` when the
 * response is not one to this document's request (a fault of the backend).
 */
export function scoreDocument(prepared: PreparedDoc, response: ChoicesResponse | GenerateResponse): readonly Scored[] {
  return response.kind === 'choices' ? [scoreChoices(prepared, response)] : scoreText(prepared, response);
}

/** What `scoreChoices` hands to the metrics of a multiple-choice document. */
interface Prediction {
  readonly prepared: PreparedDoc;
  readonly choices: readonly string[];
  readonly response: ChoicesResponse;
  /** Index of the right choice; -1 where the target names none of them. */
  readonly gold: number;
  readonly predicted: number;
}

const choiceMetrics: Record<MetricName, (p: Prediction) => MetricValue> = {
  acc: (p) => Number(p.predicted === p.gold),
  acc_norm: (p) => Number(predictByNormalisedScore(p.response.logprobs, p.choices) === p.gold),
  exact_match: (p) => Number(p.response.greedy[p.gold] ?? false),
  bias: (p) => biasItem(p.prepared.doc, p.gold, p.predicted, p.choices.length, whereIs(p.prepared)),
};

function scoreChoices(prepared: PreparedDoc, response: ChoicesResponse): Scored {
  const { task, choices } = prepared;
  const { logprobs, greedy } = response;
  if (choices === null || logprobs.length !== choices.length || greedy.length !== choices.length)
    throw new Error(
      `${whereIs(prepared)}: ${choices?.length ?? 'no'} choices were asked for, ${logprobs.length} scores and ${greedy.length} flags came back`,
    );
  if (logprobs.some(Number.isNaN)) throw new Error(`${whereIs(prepared)}: a log-probability is not a number`);
  const gold = goldIndex(prepared.target, choices);
  const predicted = task.bias ? predictGreedyFirst(logprobs, greedy) : predictByScore(logprobs);
  const metrics: Partial<Record<MetricName, MetricValue>> = {};
  for (const { metric } of task.metrics) metrics[metric] = choiceMetrics[metric]({ prepared, choices, response, gold, predicted });
  return {
    filter: 'none',
    filtered: logprobs.map((logprob, i) => [logprob, greedy[i] ?? false] as const),
    metrics,
    predicted,
    ...(logprobs.length > 1 ? { margin: marginOf(logprobs, predicted) } : {}),
    ...(gold === -1 ? { goldOutOfRange: true } : {}),
  };
}

/** Negative where the bias benchmarks predict a choice of greedy tokens that another one surpasses. */
function marginOf(logprobs: readonly number[], predicted: number): number {
  return (logprobs[predicted] ?? Number.NaN) - Math.max(...logprobs.filter((_, i) => i !== predicted));
}

function scoreText(prepared: PreparedDoc, response: GenerateResponse): readonly Scored[] {
  const { task, target } = prepared;
  if (task.outputType !== 'generate_until') throw new Error(`${whereIs(prepared)}: log-probabilities were asked for, a text came back`);
  const letters = lettersOf(prepared);
  const reference = typeof target === 'string' ? target : (letters?.[target] ?? String(target));
  const thought = thoughtOf(prepared, response.text);
  const answer = answerOf(response.text, thought);
  const marks = {
    ...(letters !== null && !namesOneLetter(answer, letters) ? { unparsable: true } : {}),
    ...(isCut(response.finish, maxNewTokensOf(prepared)) ? { cut: true } : {}),
    ...(strip(answer) === '' ? { empty: true } : {}),
    ...(thought.kind === 'none' ? {} : { thinkingRemoved: true }),
    ...(thought.kind === 'open' ? { thinkingUnfinished: true } : {}),
  };
  return task.filters.map(({ name, steps }) => {
    const filtered = applyFilter(steps, answer);
    const metrics: Partial<Record<MetricName, MetricValue>> = {};
    for (const spec of task.metrics) {
      if (spec.metric !== 'exact_match')
        throw new UserError(`${task.name}: the metric ${spec.metric} needs log-probabilities of choices, a text can only have exact_match`);
      // A letter loses white space on both sides, whatever the filter leaves.
      metrics.exact_match = exactMatch(letters === null ? filtered : strip(filtered), reference, spec);
    }
    const [spec] = task.metrics;
    const predicted =
      letters === null || spec === undefined ? -1 : letters.findIndex((letter) => exactMatch(strip(filtered), letter, spec) === 1);
    return { filter: name, filtered, metrics, ...(predicted === -1 ? {} : { predicted }), ...marks };
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

/** Returns the name of a document for messages. */
function whereIs(prepared: PreparedDoc): string {
  return `${prepared.task.name}, document ${prepared.docId}`;
}

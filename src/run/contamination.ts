/** `eus-eval contamination`: is the published order of a data set more likely to a model than other orders? (docs/contamination.md) */

import { at } from '../at.js';
import { UserError } from '../errors.js';
import { prepareDocs } from '../prompts/prepare.js';
import { PythonRandom } from '../python/random.js';
import { holm } from '../statistics/holm.js';
import { type OrderTest, orderTest, shuffledShards } from '../statistics/order-test.js';
import type { Backend, DataSource, PreparedDoc, Request, Task, Value } from '../types.js';
import { askAll } from './ask-all.js';
import type { OnAnswer } from './events.js';
import type { Journal } from './journal.js';

export interface ContaminationSettings {
  readonly shards: number;
  readonly shuffles: number;
  readonly seed: number;
  /** Only the first documents of each task; null for all. */
  readonly limit: number | null;
}

/** The texts of one task: of every shard its published order, then its shuffles. */
export interface OrderedTexts {
  readonly task: string;
  readonly documents: number;
  readonly shards: readonly (readonly string[])[];
  /**
   * Share of neighbouring documents that have a longer text in common, such as a passage: then their order means something without any
   * contamination.
   */
  readonly sharing: number;
}

export interface TaskContamination {
  readonly task: string;
  readonly documents: number;
  /** Null where the test cannot be done; `why` says so. */
  readonly test: OrderTest | null;
  /** Holm's adjusted p over the tasks of the command; null without a test. */
  readonly p_holm: number | null;
  readonly why: string | null;
}

/** Fewer documents in a shard have too few orders, and fewer shards leave the t-test nothing to go by. */
const LEAST_PER_SHARD = 4;
const LEAST_SHARDS = 5;
/** Share of neighbours with a common text from which the order of documents is not exchangeable. */
const MOST_SHARING = 0.02;
/** Characters from which a common text is more than a label. */
const COMMON_TEXT = 40;

/**
 * Returns the texts to score for a task: each document as its prompt without examples and its right answer, joined by empty lines. Where
 * there are too few documents there are fewer shards, and none below 20 documents.
 */
export async function orderedTexts(task: Task, source: DataSource, settings: ContaminationSettings): Promise<OrderedTexts> {
  const texts: string[] = [];
  const fields: ReadonlySet<string>[] = [];
  for await (const prepared of prepareDocs(task, source, { family: 'plain', renderChat: null, numFewshot: 0, limit: settings.limit })) {
    texts.push(textOf(prepared));
    fields.push(longTexts(prepared.doc));
  }
  const shards = Math.min(settings.shards, Math.floor(texts.length / LEAST_PER_SHARD));
  const random = new PythonRandom(settings.seed);
  const orders =
    shards < LEAST_SHARDS ? [] : shuffledShards(texts.length, shards, settings.shuffles, (size) => random.sampleIndices(size, size));
  const common = fields.slice(1).filter((own, i) => [...own].some((text) => fields[i]?.has(text))).length;
  return {
    task: task.name,
    documents: texts.length,
    shards: orders.map((shard) => shard.map((order) => order.map((index) => at(texts, index)).join('\n\n'))),
    sharing: texts.length < 2 ? 0 : common / (texts.length - 1),
  };
}

/** A document with its right answer, as a text that was trained on may have held it. */
function textOf({ request, target, task }: PreparedDoc): string {
  const [first] = typeof target === 'object' ? target : [target];
  if (request.kind === 'rolling') return request.context;
  if (request.kind === 'generate')
    return `${typeof request.context === 'string' ? request.context : ''}${task.targetDelimiter}${String(first)}`;
  const right = typeof first === 'number' ? first : 0;
  // A target that names none of the choices adds no answer.
  return (request.contexts?.[right] ?? request.context) + (request.continuations[right] ?? '');
}

function longTexts(doc: Readonly<Record<string, Value>>): ReadonlySet<string> {
  return new Set(Object.values(doc).filter((value): value is string => typeof value === 'string' && value.length >= COMMON_TEXT));
}

/**
 * Returns what is asked of the model, in words: texts and characters.
 */
export function contaminationCost(all: readonly OrderedTexts[]): string {
  const texts = all.flatMap(({ shards }) => shards.flat());
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const orders = all.find(({ shards }) => shards.length > 0)?.shards[0]?.length ?? 0;
  const size = characters < 1e5 ? `${characters}` : `${(characters / 1e6).toFixed(1)} million`;
  return `${texts.length} texts, ${size} characters: all documents ${orders} times over`;
}

/**
 * Asks the model for the log-probability of every text, and tests each task. Where a request fails, or neighbouring documents share texts,
 * a task has no p-value. Throws `UserError` for a model without log-probabilities of whole texts, `InterruptedError` when aborted.
 */
export async function testContamination(
  backend: Backend,
  all: readonly OrderedTexts[],
  journal: Journal | null,
  signal: AbortSignal,
  onAnswer?: OnAnswer,
): Promise<readonly TaskContamination[]> {
  if (!backend.kinds.has('rolling'))
    throw new UserError(
      `${backend.source}:${backend.modelName} gives no log-probabilities of whole texts; use a local model folder, or ` +
        'completions:NAME --base-url URL --tokenizer DIR with a server that gives log-probabilities of prompts',
    );
  const tested = all.map((one) => ({ ...one, why: whyNot(one) }));
  const requests = tested.flatMap(({ why, shards }): Request[] =>
    why === null ? shards.flat().map((context) => ({ kind: 'rolling', context })) : [],
  );
  const answers = await askAll(backend, requests, journal, signal, onAnswer);
  let next = 0;
  const results = tested.map(({ task, documents, shards, why }) => {
    if (why !== null) return { task, documents, test: null, why };
    const all = shards.flat().length;
    const logprobs = shards.map((orders) =>
      orders.flatMap(() => {
        const answer = at(answers, next++);
        return answer.kind === 'rolling' ? [answer.logprob] : [];
      }),
    );
    const failed = all - logprobs.flat().length;
    if (failed > 0) return { task, documents, test: null, why: `${failed} of ${all} requests failed; give the same command again` };
    return { task, documents, test: orderTest(logprobs.map((orders) => ({ canonical: at(orders, 0), shuffled: orders.slice(1) }))), why };
  });
  const adjusted = holm(results.map(({ test }) => test?.p ?? null));
  return results.map((result, i) => ({ ...result, p_holm: at(adjusted, i) }));
}

function whyNot({ documents, shards, sharing }: OrderedTexts): string | null {
  if (shards.length === 0) return `${documents} documents are too few; ${LEAST_PER_SHARD * LEAST_SHARDS} are needed`;
  return sharing > MOST_SHARING
    ? `${(100 * sharing).toFixed(0)} % of neighbouring documents share a text, so their order means something to any model`
    : null;
}

/** What the p-values rest on; printed with them. */
export const CONTAMINATION_ASSUMPTIONS = [
  'p is the chance of so large an advantage of the published order if the model never saw the data set in that order, ' +
    'provided that the order means nothing in itself: documents sorted by topic or length, or numbered, break this.',
  'A small p says that the model was trained on documents in this order. A large one says nothing: ' +
    'shuffled, reworded or rarely seen copies leave no trace in the order.',
] as const;

/**
 * Returns JSON-ready rows of the results.
 */
export function contaminationJson(model: string, results: readonly TaskContamination[]): Record<string, unknown> {
  return {
    model,
    method: 'order permutation test, sharded (Oren et al. 2024)',
    assumptions: [...CONTAMINATION_ASSUMPTIONS],
    tasks: results,
  };
}

import { at } from '../at.js';
import { UserError } from '../errors.js';
import { drawSeed } from '../generation.js';
import type { ChatRenderer, ChoicesRequest, DataSource, Doc, Message, PreparedDoc, PromptFamily, Target, Task } from '../types.js';
import { apiTask, isLetterChoice, LETTER_INSTRUCTION } from './api.js';
import { compileTask, type DocumentView, locate } from './document.js';
import { evaluatedSplit, makeSampler, poolSource, type Sampler } from './fewshot.js';
import { docHash, promptHash, targetHash } from './fingerprint.js';

export interface PrepareOptions {
  readonly family: PromptFamily;
  /** Needed for the family `chat`. */
  readonly renderChat: ChatRenderer | null;
  /** Put before everything; null for none. When it is not given, the paper's: one for letter choice in the family `api`, else none. */
  readonly systemInstruction?: string | null;
  /** Few-shot examples as turns of a conversation; default true. False puts them into one user message. Nothing in the family `plain`. */
  readonly fewshotAsMultiturn?: boolean;
  /** Few-shot examples instead of the task's own number. */
  readonly numFewshot?: number;
  /** Only the first documents; null or absent for all. */
  readonly limit?: number | null;
  /**
   * Only the documents of one shard (`index` from 0): contiguous blocks of the documents to evaluate, sizes differing by at most one.
   * Draws advance as in a full run, and `docId` stays the index in the whole.
   */
  readonly shard?: { readonly index: number; readonly count: number } | null;
}

/** The label that a target outside the choices gets; nothing predicts it, so the document counts as wrong, as in the harness. */
const NO_CHOICE = -100;

/** One few-shot example, printed once and used for every document that draws it. */
interface Shot {
  readonly text: string;
  readonly target: string;
}

/**
 * Yields the documents of a task with prompts, requests and hashes, in order. Rows stream where the few-shot pool is another split;
 * otherwise one split is held in memory as rows, never as prompts.
 * Throws `UserError` naming task, document and field when data and task file do not fit, or the family does not fit the task.
 */
export async function* prepareDocs(task: Task, source: DataSource, options: PrepareOptions): AsyncIterable<PreparedDoc> {
  const asked = options.family === 'api' ? apiTask(task) : task;
  if (options.family === 'chat' && options.renderChat === null)
    throw new UserError(`${task.name}: the prompt family chat needs a model with a chat template`);
  const view = compileTask(asked);
  const count = options.numFewshot ?? asked.fewshot.count;
  const split = evaluatedSplit(asked);
  const pool = count === 0 ? [] : await loadPool(asked, source, count);
  const { kind } = poolSource(asked);
  const samePool = count > 0 && kind === 'split' && poolSplit(asked) === split && asked.fewshot.sampler !== 'first_n';
  const multiturn = options.family === 'plain' || (options.fewshotAsMultiturn ?? true);
  const sampler: Sampler | null = count === 0 ? null : makeSampler(asked, pool, count, !multiturn);
  const prompts = promptBuilder(asked, view, pool, { ...options, multiturn });
  const rows = () => (samePool ? fromArray(pool) : readSplit(asked, source, split));
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const [start, end] = await shardRange(options.shard ?? null, limit, async () => (samePool ? pool.length : countRows(rows(), limit)));
  let docId = -1;
  for await (const doc of rows()) {
    if (++docId >= Math.min(limit, end)) break;
    if (docId < start) sampler?.skip();
    else yield prompts(doc, docId, sampler?.next(doc) ?? []);
  }
}

/**
 * Returns how many documents of the evaluated split the task's document hook keeps: what a run without a limit evaluates.
 */
export async function countDocuments(task: Task, source: DataSource): Promise<number> {
  return countRows(readSplit(task, source, evaluatedSplit(task)), Number.POSITIVE_INFINITY);
}

function poolSplit(task: Task): string | null {
  const from = poolSource(task);
  return from.kind === 'split' ? from.split : null;
}

/** Rows of a split as the task's document hook leaves them, without those that it drops. */
async function* readSplit(task: Task, source: DataSource, split: string): AsyncIterable<Doc> {
  const { processDocs } = task;
  let row = -1;
  for await (const doc of source.split(task.datasetPath, task.datasetName, split, task.dataFiles)) {
    row++;
    const kept = processDocs === null ? doc : locate(task, row, 'process_docs', () => processDocs(doc));
    if (kept !== null) yield kept;
  }
}

/** The documents to draw from; `first_n` needs only its first ones. */
async function loadPool(task: Task, source: DataSource, count: number): Promise<readonly Doc[]> {
  const from = poolSource(task);
  if (from.kind === 'samples') return from.docs;
  const most = task.fewshot.sampler === 'first_n' ? count + 1 : Number.POSITIVE_INFINITY;
  const pool: Doc[] = [];
  for await (const doc of readSplit(task, source, from.split)) {
    if (pool.length >= most) break;
    pool.push(doc);
  }
  return pool;
}

async function* fromArray(docs: readonly Doc[]): AsyncIterable<Doc> {
  yield* docs;
}

async function countRows(rows: AsyncIterable<Doc>, limit: number): Promise<number> {
  let n = 0;
  for await (const _ of rows) if (++n >= limit) break;
  return n;
}

async function shardRange(
  shard: { readonly index: number; readonly count: number } | null,
  limit: number,
  total: () => Promise<number>,
): Promise<readonly [number, number]> {
  if (shard === null) return [0, Number.POSITIVE_INFINITY];
  const { index, count } = shard;
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 0 || index >= count)
    throw new UserError(`there is no shard ${index} of ${count}`);
  const n = Math.min(limit, await total());
  return [Math.floor((index * n) / count), Math.floor(((index + 1) * n) / count)];
}

/** Returns the function that prepares one document with the pool's examples of the given indices. */
function promptBuilder(
  task: Task,
  view: DocumentView,
  pool: readonly Doc[],
  options: PrepareOptions & { readonly multiturn: boolean },
): (doc: Doc, docId: number, shots: readonly number[]) => PreparedDoc {
  const { family, renderChat } = options;
  const ownInstruction = family === 'api' && isLetterChoice(task) ? LETTER_INSTRUCTION : null;
  const instruction = options.systemInstruction === undefined ? ownInstruction : options.systemInstruction;
  const printed = new Map<number, Shot>();
  const shotAt = (index: number, docId: number): Shot => {
    const known = printed.get(index);
    if (known !== undefined) return known;
    const example = at(pool, index);
    const shot = {
      text: locate(task, docId, 'doc_to_text of a few-shot example', () => choiceAt(view, example, view.text(example))),
      target: locate(task, docId, 'doc_to_target of a few-shot example', () => shotTarget(view, example)),
    };
    printed.set(index, shot);
    return shot;
  };
  /** The examples as one text: nothing behind the text of an example with an empty target. */
  const block = (shots: readonly number[], docId: number, prefix: string): string => {
    let out = '';
    for (const index of shots) {
      const shot = shotAt(index, docId);
      out += shot.text;
      if (shot.target !== '') out += task.targetDelimiter + prefix + shot.target + task.fewshotDelimiter;
    }
    return out;
  };
  return (doc, docId, shots) => {
    const field = <T>(name: string, make: () => T): T => locate(task, docId, name, make);
    const found = field('doc_to_text', () => view.text(doc));
    // With the choices in the place of the prompt, each of them follows what all have in common.
    const text = typeof found === 'string' ? found : '';
    const promptGold = typeof found === 'number' ? found : null;
    if (promptGold !== null && family !== 'plain')
      throw new UserError(`${task.name}: its choices are whole prompts, which only --prompt plain can ask`);
    const description = field('description', () => view.description(doc));
    const genPrefix = field('gen_prefix', () => view.genPrefix(doc));
    const shotPrefix = genPrefix === null || genPrefix === '' ? '' : `${genPrefix} `;
    const system =
      instruction === null ? description : description === '' ? instruction : instruction + task.fewshotDelimiter + description;
    let context: string | readonly Message[];
    if (family === 'plain') {
      context = system + block(shots, docId, shotPrefix) + text + (genPrefix === null ? '' : task.targetDelimiter + genPrefix);
    } else {
      const messages: Message[] = system === '' ? [] : [{ role: 'system', content: system }];
      if (options.multiturn) {
        for (const index of shots) {
          const shot = shotAt(index, docId);
          messages.push({ role: 'user', content: shot.text }, { role: 'assistant', content: shotPrefix + shot.target });
        }
        messages.push({ role: 'user', content: text });
      } else messages.push({ role: 'user', content: block(shots, docId, shotPrefix) + text });
      const begun = genPrefix !== null && genPrefix !== '';
      if (begun) messages.push({ role: 'assistant', content: genPrefix });
      context =
        family === 'api' || renderChat === null
          ? messages
          : renderChat(messages, begun ? { addGenerationPrompt: false, continueFinalMessage: true } : {});
    }
    const target = field('doc_to_target', () => view.target(doc));
    const choices = field('doc_to_choice', () => view.choices(doc));
    const asked = whatIsAsked({ task, docId, family, context, target, choices, promptGold });
    const hashes = { docHash: docHash(doc), promptHash: promptHash(asked.context), targetHash: targetHash(target) };
    return { task, docId, doc, ...hashes, ...asked };
  };
}

/** A text as it is, an index as the choice at it (from the end when negative). */
function choiceAt(view: DocumentView, doc: Doc, value: number | string): string {
  return typeof value === 'string' ? value : choiceOf(view.choices(doc), value);
}

function choiceOf(choices: readonly string[] | null, index: number): string {
  const choice = choices?.at(index);
  if (choice === undefined) throw new RangeError(choices === null ? `${index} is no text` : `${index} is not the index of a choice`);
  return choice;
}

/** The target of a few-shot example as text: of several right answers the first, and an index in a list as its digits, as in the harness. */
function shotTarget(view: DocumentView, doc: Doc): string {
  const target = view.target(doc);
  return typeof target === 'object' ? String(target[0]) : choiceAt(view, doc, target);
}

/** What a document's templates gave. */
interface Rendered {
  readonly task: Task;
  readonly docId: number;
  readonly family: PromptFamily;
  readonly context: string | readonly Message[];
  readonly target: Target;
  readonly choices: readonly string[] | null;
  /** The right choice, where the choices are prompts. */
  readonly promptGold: number | null;
}

/** The request of a document, and the target that its answer is compared with. */
function whatIsAsked(rendered: Rendered): Pick<PreparedDoc, 'context' | 'target' | 'choices' | 'request'> {
  const { task, docId, family, context, target, choices, promptGold } = rendered;
  if (task.outputType === 'generate_until') {
    const { until, maxNewTokens, sampling } = task.generation;
    const drawn = sampling === null ? {} : { sampling: { ...sampling, seed: drawSeed(sampling.seed, promptHash(context)) } };
    const reference = (one: number | string) => (typeof one === 'number' && choices !== null ? choiceOf(choices, one) : String(one));
    return {
      context,
      target: locate(task, docId, 'doc_to_target', () => (typeof target === 'object' ? target.map(reference) : reference(target))),
      choices: null,
      request: { kind: 'generate', context, until, maxNewTokens, ...drawn },
    };
  }
  if (task.outputType === 'loglikelihood_rolling') {
    const text = textTarget(rendered);
    return { context: text, target: text, choices: null, request: { kind: 'rolling', context: text } };
  }
  if (typeof context !== 'string') throw new UserError(`${task.name}: log-probabilities need a prompt that is a text, not messages`);
  if (task.outputType === 'loglikelihood') {
    const text = textTarget(rendered);
    return { context, target: text, choices: null, request: { kind: 'choices', context, continuations: [text] } };
  }
  if (choices === null) throw new UserError(`${task.name}: doc_to_choice: missing; a multiple_choice task needs it`);
  const delimiter = family === 'plain' ? task.targetDelimiter : '';
  if (promptGold !== null) {
    // The same continuation behind each choice. The first prompt is what the harness takes the prompt hash of.
    const contexts = choices.map((choice) => context + choice);
    const continuation = delimiter + textTarget(rendered);
    const request = { kind: 'choices', context: at(contexts, 0), contexts, continuations: choices.map(() => continuation) } as const;
    return { context: at(contexts, 0), target: goldIndex(promptGold, choices), choices, request };
  }
  const continuations = choices.map((choice) => delimiter + choice);
  const gold = typeof target === 'object' ? target.map((one) => goldIndex(one, choices)) : goldIndex(target, choices);
  return { context, target: gold, choices, request: withUnconditional(task, { kind: 'choices', context, continuations }) };
}

/** Adds the choices behind an empty prompt, which `acc_mutual_info` compares with. */
function withUnconditional(task: Task, request: ChoicesRequest): ChoicesRequest {
  if (!task.metrics.some(({ metric }) => metric === 'acc_mutual_info')) return request;
  const { context, continuations } = request;
  const contexts = [...continuations.map(() => context), ...continuations.map(() => '')];
  return { ...request, continuations: [...continuations, ...continuations], contexts };
}

function textTarget({ task, docId, target }: Rendered): string {
  if (typeof target === 'string') return target;
  throw new UserError(
    `${task.name}, document ${docId}, doc_to_target: ${JSON.stringify(target)} is no text; ${task.outputType} scores one`,
  );
}

function goldIndex(raw: number | string, choices: readonly string[]): number {
  const index = typeof raw === 'string' ? choices.indexOf(raw) : raw;
  return index >= choices.length || (typeof raw === 'string' && index < 0) ? NO_CHOICE : index;
}

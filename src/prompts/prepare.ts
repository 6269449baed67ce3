import { UserError } from '../errors.js';
import { drawSeed } from '../sampling.js';
import type { ChatRenderer, ChoicesRequest, DataSource, Doc, Message, PreparedDoc, PromptFamily, Request, Target, Task } from '../types.js';
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
  const instruction =
    options.systemInstruction === undefined
      ? family === 'api' && isLetterChoice(task)
        ? LETTER_INSTRUCTION
        : null
      : options.systemInstruction;
  const printed = new Map<number, Shot>();
  const shotAt = (index: number, docId: number): Shot => {
    let shot = printed.get(index);
    const example = pool[index];
    if (shot === undefined && example !== undefined) {
      shot = {
        text: locate(task, docId, 'doc_to_text of a few-shot example', () => choiceAt(view, example, view.text(example))),
        target: shotTarget(task, view, example, docId),
      };
      printed.set(index, shot);
    }
    return shot ?? { text: '', target: '' };
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
    const at = <T>(field: string, make: () => T): T => locate(task, docId, field, make);
    const found = at('doc_to_text', () => view.text(doc));
    // With the choices in the place of the prompt, each of them follows what all have in common.
    const text = typeof found === 'string' ? found : '';
    if (typeof found === 'number' && family !== 'plain')
      throw new UserError(`${task.name}: its choices are whole prompts, which only --prompt plain can ask`);
    const description = view.description === null ? '' : at('description', () => view.description?.(doc) ?? '');
    const genPrefix = view.genPrefix === null ? null : at('gen_prefix', () => view.genPrefix?.(doc) ?? '');
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
      if (shotPrefix !== '') messages.push({ role: 'assistant', content: genPrefix ?? '' });
      context =
        family === 'api' || renderChat === null
          ? messages
          : renderChat(messages, shotPrefix === '' ? {} : { addGenerationPrompt: false, continueFinalMessage: true });
    }
    return finish(task, view, doc, docId, context, family, typeof found === 'number' ? found : null);
  };
}

/** A text as it is, an index as the choice at it (from the end when negative). */
function choiceAt(view: DocumentView, doc: Doc, value: number | string): string {
  if (typeof value === 'string') return value;
  const choice = view.choices?.(doc).at(value);
  if (choice === undefined) throw new RangeError(view.choices === null ? `${value} is no text` : `${value} is not the index of a choice`);
  return choice;
}

/** The target of a few-shot example as text: of several right answers the first, and an index in a list as its digits, as in the harness. */
function shotTarget(task: Task, view: DocumentView, doc: Doc, docId: number): string {
  return locate(task, docId, 'doc_to_target of a few-shot example', () => {
    const target = view.target(doc);
    return typeof target === 'object' ? String(target[0]) : choiceAt(view, doc, target);
  });
}

/** `promptGold`: the right choice, where the choices are prompts. */
function finish(
  task: Task,
  view: DocumentView,
  doc: Doc,
  docId: number,
  context: string | readonly Message[],
  family: PromptFamily,
  promptGold: number | null,
): PreparedDoc {
  const raw = locate(task, docId, 'doc_to_target', () => view.target(doc));
  const choices = view.choices === null ? null : locate(task, docId, 'doc_to_choice', () => view.choices?.(doc) ?? []);
  const hashes = { docHash: docHash(doc), targetHash: targetHash(raw) };
  const common = { task, docId, doc, context, ...hashes, promptHash: promptHash(context) };
  const delimiter = family === 'plain' ? task.targetDelimiter : '';
  if (task.outputType === 'loglikelihood_rolling') {
    const text = textTarget(task, docId, raw);
    return {
      ...common,
      context: text,
      promptHash: promptHash(text),
      target: text,
      choices: null,
      request: { kind: 'rolling', context: text },
    };
  }
  if (typeof context === 'string' && task.outputType === 'loglikelihood') {
    const target = textTarget(task, docId, raw);
    return { ...common, target, choices: null, request: { kind: 'choices', context, continuations: [target] } };
  }
  if (typeof context === 'string' && task.outputType === 'multiple_choice' && choices !== null) {
    if (promptGold !== null) return { ...common, ...afterPrompts(context, choices, delimiter + textTarget(task, docId, raw), promptGold) };
    const continuations = choices.map((choice) => delimiter + choice);
    const target = typeof raw === 'object' ? raw.map((one) => goldIndex(one, choices)) : goldIndex(raw, choices);
    return { ...common, target, choices, request: withUnconditional(task, { kind: 'choices', context, continuations }) };
  }
  if (task.outputType !== 'generate_until')
    throw new UserError(`${task.name}: log-probabilities need a prompt that is a text, not messages`);
  const { until, maxNewTokens, sampling } = task.generation;
  const drawn = sampling === null ? {} : { sampling: { ...sampling, seed: drawSeed(sampling.seed, common.promptHash) } };
  const request: Request = { kind: 'generate', context, until, maxNewTokens, ...drawn };
  const reference = (one: number | string): string => {
    const text = typeof one === 'number' && choices !== null ? choices.at(one) : String(one);
    if (text === undefined) throw new UserError(`${task.name}, document ${docId}, doc_to_target: ${one} is not the index of a choice`);
    return text;
  };
  return { ...common, target: typeof raw === 'object' ? raw.map(reference) : reference(raw), choices: null, request };
}

/** Choices that are prompts: the same continuation behind each. The first prompt is what the harness takes the prompt hash of. */
function afterPrompts(
  context: string,
  choices: readonly string[],
  continuation: string,
  gold: number,
): Pick<PreparedDoc, 'context' | 'promptHash' | 'target' | 'choices' | 'request'> {
  const contexts = choices.map((choice) => context + choice);
  const [first = context] = contexts;
  return {
    context: first,
    promptHash: promptHash(first),
    target: goldIndex(gold, choices),
    choices,
    request: { kind: 'choices', context: first, contexts, continuations: choices.map(() => continuation) },
  };
}

/** Adds the choices behind an empty prompt, which `acc_mutual_info` compares with. */
function withUnconditional(task: Task, request: ChoicesRequest): ChoicesRequest {
  if (!task.metrics.some(({ metric }) => metric === 'acc_mutual_info')) return request;
  const { context, continuations } = request;
  const contexts = [...continuations.map(() => context), ...continuations.map(() => '')];
  return { ...request, continuations: [...continuations, ...continuations], contexts };
}

function textTarget(task: Task, docId: number, target: Target): string {
  if (typeof target === 'string') return target;
  throw new UserError(
    `${task.name}, document ${docId}, doc_to_target: ${JSON.stringify(target)} is no text; ${task.outputType} scores one`,
  );
}

function goldIndex(raw: number | string, choices: readonly string[]): number {
  const index = typeof raw === 'string' ? choices.indexOf(raw) : raw;
  return index >= choices.length || (typeof raw === 'string' && index < 0) ? NO_CHOICE : index;
}

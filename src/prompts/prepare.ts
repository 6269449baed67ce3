import { UserError } from '../errors.js';
import { DOCUMENT_HOOKS } from '../tasks/hooks.js';
import type { ChatRenderer, DataSource, Doc, Message, PreparedDoc, PromptFamily, Request, Task } from '../types.js';
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

/** Rows of a split that the task's document hook keeps. */
async function* readSplit(task: Task, source: DataSource, split: string): AsyncIterable<Doc> {
  const keep = task.processDocs === null ? null : DOCUMENT_HOOKS[task.processDocs];
  for await (const doc of source.split(task.datasetPath, task.datasetName, split)) if (keep == null || keep(doc)) yield doc;
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
        text: locate(task, docId, 'doc_to_text of a few-shot example', () => view.text(example)),
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
    const text = at('doc_to_text', () => view.text(doc));
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
    return finish(task, view, doc, docId, context, family);
  };
}

/** The target of a few-shot example as text: a text as it is, an index as the choice at it (from the end when negative). */
function shotTarget(task: Task, view: DocumentView, doc: Doc, docId: number): string {
  return locate(task, docId, 'doc_to_target of a few-shot example', () => {
    const target = view.target(doc);
    if (typeof target === 'string') return target;
    const choice = view.choices?.(doc).at(target);
    if (choice === undefined)
      throw new RangeError(view.choices === null ? `${target} is no text` : `${target} is not the index of a choice`);
    return choice;
  });
}

function finish(
  task: Task,
  view: DocumentView,
  doc: Doc,
  docId: number,
  context: string | readonly Message[],
  family: PromptFamily,
): PreparedDoc {
  const raw = locate(task, docId, 'doc_to_target', () => view.target(doc));
  const choices = view.choices === null ? null : locate(task, docId, 'doc_to_choice', () => view.choices?.(doc) ?? []);
  const common = { task, docId, doc, context, docHash: docHash(doc), promptHash: promptHash(context), targetHash: targetHash(raw) };
  if (task.outputType === 'multiple_choice' && choices !== null && typeof context === 'string') {
    const delimiter = family === 'plain' ? task.targetDelimiter : '';
    const request: Request = { kind: 'choices', context, continuations: choices.map((choice) => delimiter + choice) };
    return { ...common, target: goldIndex(raw, choices), choices, request };
  }
  const request: Request = { kind: 'generate', context, until: task.generation.until, maxNewTokens: task.generation.maxNewTokens };
  const reference = typeof raw === 'number' && choices !== null ? choices.at(raw) : String(raw);
  if (reference === undefined) throw new UserError(`${task.name}, document ${docId}, doc_to_target: ${raw} is not the index of a choice`);
  return { ...common, target: reference, choices: null, request };
}

function goldIndex(raw: number | string, choices: readonly string[]): number {
  const index = typeof raw === 'string' ? choices.indexOf(raw) : raw;
  return index >= choices.length || (typeof raw === 'string' && index < 0) ? NO_CHOICE : index;
}

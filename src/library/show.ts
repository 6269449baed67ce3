/** The exact prompt of a document. */
import { existsSync } from 'node:fs';
import { openData } from '../data/open.js';
import { UserError } from '../errors.js';
import { encodePairs, encodeText } from '../models/encode.js';
import { addsBos } from '../models/model-type.js';
import { loadTokenizer } from '../models/tokenizer.js';
import { prepareDocs } from '../prompts/prepare.js';
import type { TaskOptions } from '../run/task-options.js';
import { leavesOf } from '../task-tree.js';
import { withShots } from '../tasks/vary.js';
import type { PreparedDoc, PromptFamily } from '../types.js';
import { type ModelFolders, openModelFolder, openPromptModel, type PromptOptions } from './prompt-model.js';
import { describedTasks } from './tasks.js';

export { messagesJson as messagesText } from '../prompts/fingerprint.js';

/** Token ids of one choice (or of a prompt to go on with) as a model is given them. */
export interface Tokens {
  readonly choice: string | null;
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/** The token ids of a document, and how ids become text again. */
export interface ShownTokens {
  readonly pairs: readonly Tokens[];
  readonly decode: (ids: readonly number[]) => string;
}

export interface ShowOptions extends PromptOptions, Pick<TaskOptions, 'hooks' | 'includePath'> {
  readonly task: string;
  /** Index of the document, from 0. */
  readonly doc: number;
  readonly systemInstruction?: string;
  readonly fewshotAsMultiturn: boolean;
  /** Few-shot examples instead of the task's own number. */
  readonly numFewshot?: number;
  readonly data?: string;
}

export interface Shown {
  readonly document: PreparedDoc;
  /** Null without a model, and for messages. */
  readonly tokens: ShownTokens | null;
  /** The model's folder where it has a template but no tokenizer. */
  readonly withoutTokenizer: string | null;
}

/**
 * Returns one document with its prompt, and its token ids where a model is named. Throws `UserError` when the task or the document is not there.
 */
export async function showDocument(options: ShowOptions): Promise<Shown> {
  const { hooks, includePath } = options;
  const [asked] = (await describedTasks({ tasks: options.task, hooks, includePath })).flatMap(leavesOf);
  const { numFewshot } = options;
  const task = asked === undefined || numFewshot === undefined ? asked : withShots(asked, numFewshot, `--num-fewshot ${numFewshot}`);
  if (task === undefined) throw new UserError(`no task '${options.task}'`);
  const model = await openPromptModel(options);
  const folders = model ?? (await openModelFolder(options));
  const withTokens = folders !== null && hasTokenizer(folders.folder, options.prompt);
  const source = await openData({ dir: options.data ?? null, offline: options.offline ?? false });
  let found: PreparedDoc | null = null;
  let documents = 0;
  const prepared = prepareDocs(task, source, {
    family: options.prompt,
    renderChat: model?.template.render ?? null,
    fewshotAsMultiturn: options.fewshotAsMultiturn,
    limit: options.doc + 1,
    ...(options.systemInstruction === undefined ? {} : { systemInstruction: options.systemInstruction }),
  });
  for await (const doc of prepared) {
    documents++;
    if (doc.docId === options.doc) found = doc;
  }
  if (found === null) throw new UserError(`--doc ${options.doc}: ${task.name} has ${documents} documents; valid: 0 to ${documents - 1}`);
  return {
    document: found,
    tokens: folders === null || !withTokens ? null : await tokensOf(found, folders),
    withoutTokenizer: folders === null || withTokens ? null : folders.folder,
  };
}

/** A folder may hold a chat template alone; its chat prompts are shown without ids, and that is said. For other prompts ids are all that a model is named for. */
function hasTokenizer(folder: string, family: PromptFamily): boolean {
  if (existsSync(`${folder}/tokenizer.json`)) return true;
  if (family !== 'chat') throw new UserError(`--model ${folder}: no tokenizer.json there; give a model's folder, or leave --model out`);
  return false;
}

async function tokensOf(doc: PreparedDoc, { folder, weights }: ModelFolders): Promise<ShownTokens | null> {
  if (typeof doc.context !== 'string') return null;
  const tokenizer = await loadTokenizer(folder);
  const options = { addBos: await addsBos(weights) };
  const { request } = doc;
  const shown = (list: readonly Tokens[]): ShownTokens => ({ pairs: list, decode: (ids) => tokenizer.decode(ids) });
  if (request.kind === 'generate')
    return shown([{ choice: null, context: await encodeText(tokenizer, doc.context, options), continuation: [] }]);
  if (request.kind === 'rolling')
    return shown([{ choice: null, context: [], continuation: await encodeText(tokenizer, request.context, options) }]);
  const pairs = await encodePairs(tokenizer, request, options);
  return shown(pairs.map((pair, i) => ({ choice: doc.choices?.[i] ?? null, context: pair.context, continuation: pair.continuation })));
}

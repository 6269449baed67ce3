/** `eus-eval show`: arguments and printing only. */
import { Option } from 'commander';
import { UserError } from '../errors.js';
import type { PreparedDoc, PromptFamily } from '../types.js';
import type { AddCommand } from './arguments.js';
import { folderName, HOOKS_OPTION, wholeNumber } from './arguments.js';
import { type ModelFolders, openModelFolder, openPromptModel, PROMPT_FAMILIES, selectLeaves } from './prompt-inputs.js';

interface ShowFlags {
  numFewshot?: number;
  hooks?: string;
  doc: number;
  prompt: PromptFamily;
  model?: string;
  templateDate?: string;
  systemInstruction?: string;
  multiturn: boolean;
  data?: string;
  offline: boolean;
  json: boolean;
}

/** Token ids of one choice (or of a prompt to go on with) as a model is given them. */
interface Tokens {
  readonly choice: string | null;
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/**
 * Adds `show`.
 */
export const addShow: AddCommand = (program) =>
  program
    .command('show')
    .description('show the exact prompt of a document, with choices, target and hashes; with a model also the token ids')
    .argument('<task>', 'a single task, or a group (its first task), or a task file')
    .option('--num-fewshot <n>', 'examples instead of what the task says', wholeNumber(0))
    .option('--doc <n>', 'index of the document, from 0', wholeNumber(0), 0)
    .addOption(new Option('--prompt <family>', 'which prompt').choices(PROMPT_FAMILIES).default('plain'))
    .option('--model <ref>', 'folder or hub name: its chat template and tokenizer are used, its weights are not read')
    .option('--template-date <yyyy-mm-dd>', 'today, for chat templates that print the date (without it they print their fixed one)')
    .option('--system-instruction <text>', 'put before everything')
    .option('--no-multiturn', 'few-shot examples of a chat prompt in one message instead of turns')
    .option(...HOOKS_OPTION)
    .option('--data <dir>', 'folder with <repo>/<config>/<split>.jsonl; without it data sets come from the hub', folderName)
    .option('--offline', 'any network access is an error', false)
    .option('--json', 'print one JSON document', false)
    .action(async (name: string, flags: ShowFlags) => {
      const [asked] = await selectLeaves([name], flags.hooks);
      const { withShots } = await import('../tasks/vary.js');
      const task =
        asked === undefined || flags.numFewshot === undefined
          ? asked
          : withShots(asked, flags.numFewshot, `--num-fewshot ${flags.numFewshot}`);
      if (task === undefined) throw new UserError(`no task '${name}'`);
      const { openData } = await import('../data/open.js');
      const { prepareDocs } = await import('../prompts/prepare.js');
      const model = await openPromptModel(flags);
      const folders = model ?? (await openModelFolder(flags));
      const folder = folders?.folder ?? null;
      const withTokens = folder !== null && (await hasTokenizer(folder, flags.prompt));
      const source = await openData({ dir: flags.data ?? null, offline: flags.offline });
      let found: PreparedDoc | null = null;
      let documents = 0;
      const options = {
        family: flags.prompt,
        renderChat: model?.template.render ?? null,
        fewshotAsMultiturn: flags.multiturn,
        limit: flags.doc + 1,
        ...(flags.systemInstruction === undefined ? {} : { systemInstruction: flags.systemInstruction }),
      };
      for await (const doc of prepareDocs(task, source, options)) {
        documents++;
        if (doc.docId === flags.doc) found = doc;
      }
      if (found === null) throw new UserError(`--doc ${flags.doc}: ${task.name} has ${documents} documents; valid: 0 to ${documents - 1}`);
      const tokens = folders === null || !withTokens ? null : await tokensOf(found, folders);
      process.stdout.write(flags.json ? `${JSON.stringify(await asJson(found, tokens), null, 2)}\n` : await asText(found, tokens, folder));
    });

/** A folder may hold a chat template alone; its chat prompts are shown without ids, and that is said. For other prompts ids are all that a model is named for. */
async function hasTokenizer(folder: string, family: PromptFamily): Promise<boolean> {
  const { existsSync } = await import('node:fs');
  if (existsSync(`${folder}/tokenizer.json`)) return true;
  if (family !== 'chat') throw new UserError(`--model ${folder}: no tokenizer.json there; give a model's folder, or leave --model out`);
  process.stderr.write(`eus-eval: no token ids: there is no tokenizer.json in ${folder}\n`);
  return false;
}

async function tokensOf(doc: PreparedDoc, { folder, weights }: ModelFolders): Promise<readonly Tokens[] | null> {
  if (typeof doc.context !== 'string') return null;
  const { loadTokenizer } = await import('../models/tokenizer.js');
  const { addsBos } = await import('../models/model-type.js');
  const { encodePairs, encodeText } = await import('../models/encode.js');
  const tokenizer = await loadTokenizer(folder);
  const options = { addBos: await addsBos(weights) };
  const { request } = doc;
  if (request.kind === 'generate') return [{ choice: null, context: await encodeText(tokenizer, doc.context, options), continuation: [] }];
  if (request.kind === 'rolling')
    return [{ choice: null, context: [], continuation: await encodeText(tokenizer, request.context, options) }];
  const pairs = await encodePairs(tokenizer, request, options);
  return pairs.map((pair, i) => ({ choice: doc.choices?.[i] ?? null, context: pair.context, continuation: pair.continuation }));
}

async function asJson(doc: PreparedDoc, tokens: readonly Tokens[] | null): Promise<Record<string, unknown>> {
  return {
    task: doc.task.name,
    doc_id: doc.docId,
    prompt: doc.context,
    choices: doc.choices,
    target: doc.target,
    doc_hash: doc.docHash,
    prompt_hash: doc.promptHash,
    target_hash: doc.targetHash,
    ...(tokens === null ? {} : { tokens }),
  };
}

async function asText(doc: PreparedDoc, tokens: readonly Tokens[] | null, folder: string | null): Promise<string> {
  const lines = [`task         ${doc.task.name}, document ${doc.docId}`];
  if (typeof doc.context === 'string')
    lines.push(`prompt       ${doc.context.length} characters`, '', rule('prompt'), doc.context, rule('end'));
  else {
    const { messagesJson } = await import('../prompts/fingerprint.js');
    lines.push('', rule('prompt'), messagesJson(doc.context), rule('end'));
  }
  lines.push('');
  for (const [i, choice] of (doc.choices ?? []).entries())
    lines.push(`choice ${i}     ${JSON.stringify(choice)}${i === doc.target ? '   <- target' : ''}`);
  lines.push(`target       ${JSON.stringify(doc.target)}`);
  if (doc.request.kind === 'generate') {
    lines.push(`stops at     ${JSON.stringify(doc.request.until)}`, `new tokens   ${doc.request.maxNewTokens ?? "the backend's default"}`);
  }
  lines.push(`doc_hash     ${doc.docHash}`, `prompt_hash  ${doc.promptHash}`, `target_hash  ${doc.targetHash}`);
  if (tokens !== null && folder !== null) lines.push('', ...(await tokenLines(tokens, folder)));
  return `${lines.join('\n')}\n`;
}

/** Ids of the context once, then each continuation behind a bar; where a choice changes the context's own ids, the pair is shown in full. */
async function tokenLines(tokens: readonly Tokens[], folder: string): Promise<readonly string[]> {
  const { loadTokenizer } = await import('../models/tokenizer.js');
  const tokenizer = await loadTokenizer(folder);
  const [first] = tokens;
  const lines = [
    `tokens       ${first?.context.length ?? 0} of context, then | and the continuation`,
    `context      ${first?.context.join(' ') ?? ''}`,
  ];
  for (const { choice, context, continuation } of tokens) {
    if (choice === null) continue;
    const before = context.slice(-3);
    const text = (ids: readonly number[]) => JSON.stringify(tokenizer.decode(ids));
    lines.push(
      `${JSON.stringify(choice)}  ... ${before.join(' ')} | ${continuation.join(' ')}   ... ${text(before)} | ${text(continuation)}`,
    );
  }
  return lines;
}

function rule(word: string): string {
  return `--- ${word} ${'-'.repeat(60 - word.length)}`;
}

/** `eus-eval show`: arguments and printing only. */

import { Option } from 'commander';
import { samplingWords } from '../generation.js';
import type { ShownTokens } from '../library/show.js';
import type { PreparedDoc, PromptFamily } from '../types.js';
import { type AddCommand, dateOf, folderName, HOOKS_OPTION, INCLUDE_OPTION, PROMPT_FAMILIES, wholeNumber } from './arguments.js';
import { note, print, printJson } from './print.js';

interface ShowFlags {
  numFewshot?: number;
  hooks?: string;
  includePath?: string;
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
    .option(...INCLUDE_OPTION)
    .option('--data <dir>', 'folder with <repo>/<config>/<split>.jsonl; without it data sets come from the hub', folderName)
    .option('--offline', 'any network access is an error', false)
    .option('--json', 'print one JSON document', false)
    .action(async (name: string, flags: ShowFlags) => {
      const { showDocument } = await import('../library/show.js');
      const { document, tokens, withoutTokenizer } = await showDocument({
        ...flags,
        task: name,
        fewshotAsMultiturn: flags.multiturn,
        templateDate: dateOf(flags.templateDate),
      });
      if (withoutTokenizer !== null) note(`eus-eval: no token ids: there is no tokenizer.json in ${withoutTokenizer}`);
      if (flags.json) printJson(asJson(document, tokens));
      else print(await asText(document, tokens));
    });

function asJson(doc: PreparedDoc, tokens: ShownTokens | null): Record<string, unknown> {
  return {
    task: doc.task.name,
    doc_id: doc.docId,
    prompt: doc.context,
    choices: doc.choices,
    target: doc.target,
    doc_hash: doc.docHash,
    prompt_hash: doc.promptHash,
    target_hash: doc.targetHash,
    ...(tokens === null ? {} : { tokens: tokens.pairs }),
  };
}

async function asText(doc: PreparedDoc, tokens: ShownTokens | null): Promise<string> {
  const lines = [`task         ${doc.task.name}, document ${doc.docId}`];
  if (typeof doc.context === 'string')
    lines.push(`prompt       ${doc.context.length} characters`, '', rule('prompt'), doc.context, rule('end'));
  else {
    const { messagesText } = await import('../library/show.js');
    lines.push('', rule('prompt'), messagesText(doc.context), rule('end'));
  }
  lines.push('');
  for (const [i, choice] of (doc.choices ?? []).entries())
    lines.push(`choice ${i}     ${JSON.stringify(choice)}${i === doc.target ? '   <- target' : ''}`);
  lines.push(`target       ${JSON.stringify(doc.target)}`);
  if (doc.request.kind === 'generate') {
    const { until, maxNewTokens, sampling } = doc.request;
    lines.push(`stops at     ${JSON.stringify(until)}`, `new tokens   ${maxNewTokens ?? "the backend's default"}`);
    if (sampling !== undefined) lines.push(`tokens       ${samplingWords(sampling)}`);
  }
  lines.push(`doc_hash     ${doc.docHash}`, `prompt_hash  ${doc.promptHash}`, `target_hash  ${doc.targetHash}`);
  if (tokens !== null) lines.push('', ...tokenLines(tokens));
  return lines.join('\n');
}

/** Ids of the context once, then each continuation behind a bar; where a choice changes the context's own ids, the pair is shown in full. */
function tokenLines({ pairs, decode }: ShownTokens): readonly string[] {
  const [first] = pairs;
  const lines = [
    `tokens       ${first?.context.length ?? 0} of context, then | and the continuation`,
    `context      ${first?.context.join(' ') ?? ''}`,
  ];
  for (const { choice, context, continuation } of pairs) {
    if (choice === null) continue;
    const before = context.slice(-3);
    const text = (ids: readonly number[]) => JSON.stringify(decode(ids));
    lines.push(
      `${JSON.stringify(choice)}  ... ${before.join(' ')} | ${continuation.join(' ')}   ... ${text(before)} | ${text(continuation)}`,
    );
  }
  return lines;
}

function rule(word: string): string {
  return `--- ${word} ${'-'.repeat(60 - word.length)}`;
}

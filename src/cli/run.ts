/** `eus-eval run`: arguments and printing only. */
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../errors.js';
import { ENGINES, splitWords } from '../serve/engines.js';
import { screenOf } from '../terminal/screen.js';
import {
  type AddCommand,
  folderName,
  HOOKS_OPTION,
  INCLUDE_OPTION,
  list,
  numberBetween,
  oneOf,
  PROMPT_FAMILIES,
  seedList,
  shardOf,
  wholeNumber,
} from './arguments.js';
import { interruptible } from './interrupt.js';
import { MODEL_OPTION } from './model-flags.js';
import { note, print } from './print.js';
import { runDisplay } from './progress.js';
import { evaluateOptions, type RunFlags } from './run-flags.js';
import { runOne, runSeveral } from './run-models.js';

const SCORING = ['logprob_token_ids', 'top_logprobs', 'generate', 'prompt_logprobs', 'echo'] as const;

const MODELS = `
Models:
  ./folder or ORG/NAME     a local model in Hugging Face format, or one from the hub
  ./model.gguf             a GGUF file, by llama.cpp's llama-server (with --tokenizer)
  completions:NAME         a server (vLLM, SGLang, ...) at --base-url
  openai:NAME              an API model, or a chat server at --base-url
  anthropic:NAME           an API model
  fake:SEED                no model: answers drawn by chance, to try things out
Several, one after the other: --model A B, --model 'ckpts/step-*', --model ORG/NAME@REVISION,REVISION

Give the same command again to go on with a run that was stopped. Docs: docs/models.md, docs/api-models.md, docs/data.md`;

/**
 * Adds `run`.
 */
export const addRun: AddCommand = (program, exit) =>
  program
    .command('run')
    .description('run benchmarks on a model and write results')
    .optionsGroup('What to run:')
    .option('-m, --model <refs...>', 'folders, hub names or BACKEND:NAME (see below); default: a tiny bundled model')
    .option('-t, --tasks <names>', 'benchmarks, groups, wildcards, eu, en, es, all or a task file (default: all)', list)
    .option('-p, --prompt <family>', "plain, chat or api (default: the backend's own)", oneOf(PROMPT_FAMILIES))
    .option(...HOOKS_OPTION)
    .option(...INCLUDE_OPTION)
    .option('--num-fewshot <n>', 'examples instead of what the tasks say: N, or TASK=N,TASK=N', list)
    .option('--fewshot-seeds <seeds>', 'a run for each seed of the examples (1..5 or 1,2,7), with mean and spread', seedList)
    .option('-n, --limit <n>', 'only the first n documents of each task', wholeNumber(1))
    .option('--shard <i/n>', 'only part i of n of the documents; join with `eus-eval merge`', shardOf)
    .option('--dry-run', 'print the number of requests and the estimated cost, then exit', false)
    .optionsGroup('Where data comes from and results go:')
    .option('-d, --data <dir>', 'folder with <repo>/<config>/<split>.jsonl (default: the hub)', folderName)
    .option('-o, --out <dir>', 'where results go', folderName, 'results')
    .option('--name <name>', 'what results and leaderboards call the model (default: its own name)', modelName)
    .option(...MODEL_OPTION.offline)
    .option(
      '--samples <form>',
      'full: JSON lines as the harness writes them; compact: the same, packed (default: full)',
      oneOf(['full', 'compact']),
    )
    .option('--no-samples', 'write no sample files')
    .option('--json', 'print the results file instead of a table', false)
    .option('-q, --quiet', 'no progress', false)
    .optionsGroup('Prompts:')
    .option('--prompt-variants <file>', 'YAML with other wordings of prompts: worst, mean and best over them (docs/prompts.md)')
    .option('--system-instruction <text>', 'system message of chat prompts')
    .option('--template-date <yyyy-mm-dd>', 'today, for chat templates that print it (default: their fixed one)')
    .option('--max-new-tokens <n>', 'new tokens instead of what the tasks say, for models that think first', wholeNumber(1))
    .option('--thinking <mark>', 'what ends a thought before the answer, or none (default: </think>)', markOf)
    .option('--no-multiturn', 'few-shot examples of chat prompts in one message')
    .optionsGroup('Local models:')
    .option(...MODEL_OPTION.device)
    .option(...MODEL_OPTION.dtype)
    .option('--threads <n>', 'threads of the CPU', wholeNumber(1))
    .option('--batch-tokens <n>', 'tokens computed together', wholeNumber(16))
    .option('--card-memory <gib>', 'memory of the card to use (default: what is free)', numberBetween(0.1, 10_000))
    .option('--memory <gib>', 'memory of this computer to use on its CPU (default: what is free)', numberBetween(0.001, 10_000))
    .option(...MODEL_OPTION.maxLength)
    .option('--check-batch [n]', 'score n documents (default 16) one by one too, and compare', wholeNumber(1))
    .optionsGroup('API models and servers:')
    .option(...MODEL_OPTION.baseUrl)
    .option('--serve <engine>', `start the engine for the model here: ${ENGINES.join(', ')}`, oneOf(ENGINES))
    .option('--serve-args <words>', 'more arguments of the engine, as one text', splitWords)
    .option(...MODEL_OPTION.tokenizer)
    .option(...MODEL_OPTION.apiKeyEnv)
    .option(...MODEL_OPTION.maxCost)
    .option(...MODEL_OPTION.prices)
    .option(...MODEL_OPTION.concurrency)
    .option('--timeout <seconds>', 'of one request', numberBetween(0.001, 86_400))
    .option('--max-tries <n>', 'tries per request (default: 10)', wholeNumber(1))
    .option('--scoring <way>', `how a completions server is asked: ${SCORING.join(', ')} (default: the best it knows)`, oneOf(SCORING))
    .option('--prompts-as <form>', 'ids or text, for completions (default: ids with --tokenizer)', oneOf(['ids', 'text']))
    .optionsGroup('When something fails:')
    .option('--fresh', 'forget the answers of earlier runs of this model', false)
    .option('--no-journal', 'keep no answers for a later run')
    .option('--retry-errors [n]', 'ask failed requests again, up to n passes (default 1)', wholeNumber(1))
    .option('--max-error-rate <share>', 'above this share of failures: no score, exit code 4', numberBetween(0, 1), 0.01)
    .addHelpText('after', MODELS)
    .action(async (flags: RunFlags, command: Command) => exit(await run(flags, command)));

async function run(flags: RunFlags, command: Command): Promise<number> {
  if (flags.multiturn === false && flags.prompt === 'api')
    command.error('error: --no-multiturn does not go with --prompt api: its shots are always turns');
  const { chosenModels } = await import('../library/several.js');
  const models = chosenModels(flags.model ?? []);
  const [one = null] = models;
  if (models.length > 1 && flags.name !== undefined) command.error('error: --name is the name of one model, and several are given');
  const display = runDisplay({ stream: process.stderr, screen: screenOf(process.stderr), now: Date.now, quiet: flags.quiet });
  const work = async (signal: AbortSignal): Promise<number> => {
    const shared = { ...evaluateOptions(flags), signal, onProgress: display.onProgress };
    const options = { ...shared, model: one?.reference, name: flags.name ?? one?.name ?? undefined };
    if (!flags.dryRun) return models.length > 1 ? runSeveral(models, shared, flags) : runOne(options, flags);
    const seeds = flags.fewshotSeeds?.length ?? 1;
    if (seeds > 1) note(`the table is of one seed; ${seeds} seeds ask and cost ${seeds} times as much`);
    const { estimate } = await import('../library/estimate.js');
    for (const { reference } of models.length > 1 ? models : [{ reference: options.model }]) {
      if (models.length > 1) note(`${reference}`);
      print(await estimate({ ...options, model: reference }, flags.json, screenOf(process.stdout)));
    }
    return EXIT.ok;
  };
  return interruptible(flags.journal, work, display.print);
}

/** What ends a thought; `none` for nothing. */
function markOf(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('The mark that ends a thought is expected, e.g. </think>, or none.');
  return text;
}

/** A name to show: one line of visible characters. */
function modelName(text: string): string {
  if (text.trim() === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) throw new InvalidArgumentError('A name on one line is expected.');
  return text.trim();
}

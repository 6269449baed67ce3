/** `eus-eval run`: arguments and printing only. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../errors.js';
import type { EvaluateOptions, Evaluation } from '../library/evaluate.js';
import type { ModelOptions } from '../library/model.js';
import type { SeedEvaluation } from '../library/seeds.js';
import { describeCounts } from '../results/counts.js';
import type { SamplesForm } from '../results/sample-name.js';
import { ENGINES, type EngineName, splitWords } from '../serve/engines.js';
import { screenOf } from '../terminal/screen.js';
import type { PromptFamily } from '../types.js';
import type { AddCommand } from './arguments.js';
import {
  dateOf,
  folderName,
  HOOKS_OPTION,
  INCLUDE_OPTION,
  list,
  numberBetween,
  seedList,
  shardOf,
  wholeNumber,
  withIncluded,
} from './arguments.js';
import { duration, runDisplay } from './progress.js';

interface RunFlags {
  hooks?: string;
  promptVariants?: string;
  model?: readonly string[];
  name?: string;
  tasks?: readonly string[];
  prompt?: PromptFamily;
  limit?: number;
  numFewshot?: readonly string[];
  fewshotSeeds?: readonly number[];
  includePath?: string;
  data?: string;
  out: string;
  device: string;
  dtype: string;
  fresh: boolean;
  shard?: { index: number; count: number };
  dryRun: boolean;
  maxCost?: number;
  maxErrorRate: number;
  retryErrors?: number | true;
  systemInstruction?: string;
  templateDate?: string;
  multiturn: boolean;
  baseUrl?: readonly string[];
  tokenizer?: string;
  apiKeyEnv?: string;
  concurrency?: number;
  timeout?: number;
  prices?: string;
  maxTries?: number;
  maxNewTokens?: number;
  thinking?: string;
  scoring?: ModelOptions['scoring'];
  promptsAs?: 'ids' | 'text';
  serve?: EngineName;
  serveArgs?: readonly string[];
  maxLength?: number;
  threads?: number;
  batchTokens?: number;
  cardMemory?: number;
  memory?: number;
  checkBatch?: number | true;
  journal: boolean;
  samples?: boolean | SamplesForm;
  offline: boolean;
  json: boolean;
  quiet: boolean;
}

const SCORING = ['logprob_token_ids', 'top_logprobs', 'generate', 'prompt_logprobs', 'echo'];
const DTYPES = ['auto', 'float32', 'float16', 'bfloat16'];
const SAMPLES = ['full', 'compact'] as const;
const FAMILIES = ['plain', 'chat', 'api'] as const;

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
    .option('-p, --prompt <family>', "plain, chat or api (default: the backend's own)", family)
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
    .option('--offline', 'any network access is an error', false)
    .option('--samples <form>', 'full: JSON lines as the harness writes them; compact: the same, packed (default: full)', samplesForm)
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
    .option('--device <device>', 'auto, cpu, cuda[:N] or webgpu', device, 'auto')
    .option('--dtype <dtype>', DTYPES.join(', '), oneOf(DTYPES), 'auto')
    .option('--threads <n>', 'threads of the CPU', wholeNumber(1))
    .option('--batch-tokens <n>', 'tokens computed together', wholeNumber(16))
    .option('--card-memory <gib>', 'memory of the card to use (default: what is free)', numberBetween(0.1, 10_000))
    .option('--memory <gib>', 'memory of this computer to use on its CPU (default: what is free)', numberBetween(0.001, 10_000))
    .option('--max-length <n>', "tokens of context (default: the model's own maximum)", wholeNumber(2))
    .option('--check-batch [n]', 'score n documents (default 16) one by one too, and compare', wholeNumber(1))
    .optionsGroup('API models and servers:')
    .option('--base-url <urls>', 'address(es) of an OpenAI-compatible server', list)
    .option('--serve <engine>', `start the engine for the model here: ${ENGINES.join(', ')}`, engine)
    .option('--serve-args <words>', 'more arguments of the engine, as one text', splitWords)
    .option('--tokenizer <ref>', "the model's tokenizer (folder or hub name), for completions")
    .option('--api-key-env <name>', 'environment variable that holds the key')
    .option('--max-cost <usd>', 'stop before a paid API costs more', numberBetween(0, Number.POSITIVE_INFINITY))
    .option('--prices <file>', 'price table of API models (YAML)')
    .option('--concurrency <n>', 'requests in flight at most', wholeNumber(1))
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
    .action(async (flags: RunFlags, command: Command) => {
      exit(await run(flags, command));
    });

async function run(flags: RunFlags, command: Command): Promise<number> {
  if (flags.multiturn === false && flags.prompt === 'api')
    command.error('error: --no-multiturn does not go with --prompt api: its shots are always turns');
  const { chosenModels } = await import('../run/several-models.js');
  const models = chosenModels(flags.model ?? []);
  if (models.length > 1 && flags.name !== undefined) command.error('error: --name is the name of one model, and several are given');
  if (models.length > 1 && flags.fewshotSeeds !== undefined)
    command.error('error: --fewshot-seeds goes with one model, and several are given; run each by itself');
  const stop = new AbortController();
  const display = runDisplay({ stream: process.stderr, screen: screenOf(process.stderr), now: Date.now, quiet: flags.quiet });
  const release = onInterrupt(stop, display.print);
  try {
    const tasks = await withIncluded(flags.tasks, flags.includePath);
    const shared = { ...(await evaluateOptions(flags)), tasks, signal: stop.signal, onProgress: display.onProgress };
    const [one = null] = models;
    const options = { ...shared, model: one?.reference, name: flags.name ?? one?.name ?? undefined };
    if (flags.dryRun) {
      const { estimate } = await import('../library/estimate.js');
      const seeds = flags.fewshotSeeds?.length ?? 1;
      if (seeds > 1) process.stderr.write(`the table is of one seed; ${seeds} seeds ask and cost ${seeds} times as much\n`);
      for (const { reference } of models.length > 1 ? models : [{ reference: options.model }]) {
        if (models.length > 1) process.stderr.write(`${reference}\n`);
        process.stdout.write(`${await estimate({ ...options, model: reference }, flags.json, screenOf(process.stdout))}\n`);
      }
      return EXIT.ok;
    }
    if (models.length > 1) return await runAll(shared, flags);
    const started = Date.now();
    if (flags.fewshotSeeds !== undefined) {
      const { evaluateSeeds } = await import('../library/seeds.js');
      return await reportSeeds(await evaluateSeeds(options, flags.fewshotSeeds), flags, (Date.now() - started) / 1000);
    }
    const { evaluate } = await import('../library/evaluate.js');
    return await report(await evaluate(options), flags, (Date.now() - started) / 1000);
  } finally {
    release();
  }
}

/** Prints what several draws of the examples gave; the results of each are in a folder of their own. */
async function reportSeeds({ scores, runs, file }: SeedEvaluation, flags: RunFlags, seconds: number): Promise<number> {
  const { seedFields, seedTable } = await import('../results/seed-summary.js');
  process.stdout.write(
    `${flags.json ? JSON.stringify({ seeds: [...runs.keys()], scores: seedFields(scores) }, null, 2) : seedTable(scores, screenOf(process.stdout))}\n`,
  );
  const warn = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const [seed, { failures, unlisted, note }] of runs) {
    for (const failure of failures) warn(`seed ${seed}: unscored: ${failure}`);
    if (unlisted !== null) warn(`seed ${seed}: unscored: ${unlisted}`);
    if (note !== null) warn(`seed ${seed}: note: ${note}`);
  }
  if (!flags.quiet) {
    warn(`took: ${duration(seconds)}`);
    for (const [seed, { resultsFile }] of runs) warn(`results of seed ${seed}: ${resultsFile}`);
    if (file !== null) warn(`results: ${file}`);
  }
  const without = [...runs].flatMap(([seed, { withoutScore }]) => withoutScore.map((task) => `${task} (seed ${seed})`));
  if (without.length === 0) return EXIT.ok;
  warn(`eus-eval: no score for ${without.join(', ')}: too many requests failed; give the same command again to ask only the failed ones`);
  return EXIT.cannotJudge;
}

async function evaluateOptions(flags: RunFlags): Promise<EvaluateOptions> {
  const { parseShots } = await import('../tasks/vary.js');
  const { all, byTask } = parseShots(flags.numFewshot ?? []);
  return {
    ...(all === null && byTask.size === 0 ? {} : { numFewshot: { all, tasks: Object.fromEntries(byTask) } }),
    prompt: flags.prompt,
    systemInstruction: flags.systemInstruction,
    fewshotAsMultiturn: flags.multiturn,
    limit: flags.limit,
    shard: flags.shard,
    thinking: flags.thinking,
    hooks: flags.hooks,
    promptVariants: flags.promptVariants,
    data: flags.data,
    out: flags.out,
    forecast: !flags.quiet,
    fresh: flags.fresh,
    journal: flags.journal,
    samples: flags.samples === true ? undefined : flags.samples,
    maxErrorRate: flags.maxErrorRate,
    retries: flags.retryErrors === true ? 1 : flags.retryErrors,
    checkBatch: flags.checkBatch === true ? 16 : flags.checkBatch,
    modelOptions: modelOptions(flags),
  };
}

/** One model after the other; at the end one table of all, and the learning curve of checkpoints. */
async function runAll(options: EvaluateOptions, flags: RunFlags): Promise<number> {
  const { evaluateAll } = await import('../library/several.js');
  const { writeCurve } = await import('../library/curve.js');
  const { byModelTable } = await import('../results/by-model.js');
  const warn = (line: string): void => void process.stderr.write(`${line}\n`);
  let started = Date.now();
  const codes: number[] = [];
  const { outcomes, table } = await evaluateAll({
    ...options,
    models: flags.model ?? [],
    onModel: (reference, index, count) => {
      started = Date.now();
      if (!flags.quiet) warn(`${index === 0 ? '' : '\n'}${index + 1} of ${count}: ${reference}`);
    },
    onDone: (outcome) => {
      if ('evaluation' in outcome) codes.push(closingLines(outcome.evaluation, flags, (Date.now() - started) / 1000));
      else {
        codes.push(outcome.error.exitCode);
        warn(`eus-eval: ${outcome.reference}: ${outcome.error.message}`);
      }
    },
  });
  const done = outcomes.flatMap((outcome) => ('evaluation' in outcome ? [outcome.evaluation] : []));
  process.stdout.write(
    flags.json ? `[\n${done.map(({ json }) => json).join(',\n')}\n]\n` : `${byModelTable(table, screenOf(process.stdout))}\n`,
  );
  const curve = path.join(flags.out, 'curve.svg');
  if (await writeCurve(table, curve)) warn(`learning curve: ${curve}`);
  if (done.length < outcomes.length)
    warn(`eus-eval: ${outcomes.length - done.length} of ${outcomes.length} models could not be evaluated (above)`);
  return Math.max(EXIT.ok, ...codes);
}

async function report(result: Evaluation, flags: RunFlags, seconds: number): Promise<number> {
  const { resultsTable } = await import('../results/table.js');
  process.stdout.write(`${flags.json ? result.json : resultsTable(result.outcome, screenOf(process.stdout))}\n`);
  return closingLines(result, flags, seconds);
}

/** What is said of a run beside its scores; returns its exit code. */
function closingLines(result: Evaluation, flags: RunFlags, seconds: number): number {
  const warn = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const failure of result.failures) warn(`unscored: ${failure}`);
  if (result.unlisted !== null) warn(`unscored: ${result.unlisted}`);
  warn(`counted: ${describeCounts(result.outcome.counts) ?? 'all documents scored, no prompt truncated, no warnings'}`);
  if (result.checked !== null) warn(result.checked);
  if (result.reused > 0 && !flags.quiet) warn(`${result.reused} answers came from the journal of an earlier run (--fresh asks again)`);
  if (result.note !== null) warn(`note: ${result.note}`);
  if (!flags.quiet) {
    warn(`took: ${duration(seconds)}`);
    warn(`results: ${result.resultsFile}`);
    warn(nextStep(path.dirname(result.resultsFile ?? flags.out), flags));
  }
  if (result.withoutScore.length === 0) return EXIT.ok;
  warn(
    `eus-eval: no score for ${result.withoutScore.join(', ')}: too many requests failed (more than ${flags.maxErrorRate * 100} %, see --max-error-rate); ` +
      'give the same command again to ask only the failed ones',
  );
  return EXIT.cannotJudge;
}

/** What one does with results: those of a shard are joined first. */
function nextStep(folder: string, { shard, out, samples }: RunFlags): string {
  if (shard !== undefined && shard.count > 1)
    return `next: eus-eval merge ${quoted(out)} --out DIR, when all ${shard.count} shards are done`;
  const compare = `eus-eval compare BASE ${quoted(folder)}`;
  return samples === false ? `next: ${compare}` : `next: eus-eval view ${quoted(folder)}, or ${compare}`;
}

/** A path as it can be pasted into a shell. */
function quoted(name: string): string {
  return /^[\w./:@%+=,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/**
 * Ends the process with 130 at once. `process.exit` waits for system calls under way, which a dead network disk never answers, and pulls threads out of native
 * code, which aborts; the signal itself, with nobody to handle it, does neither, and a shell sees 130 all the same.
 */
function endAtOnce(): void {
  if (process.getActiveResourcesInfo().some((name) => /req|port|worker/i.test(name))) {
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  }
  process.exit(EXIT.interrupted);
}

/** The first Ctrl-C stops cleanly, the second at once; either way finished answers are kept. */
function onInterrupt(stop: AbortController, print: (line: string) => void): () => void {
  const handler = (): void => {
    if (stop.signal.aborted) endAtOnce();
    print(`${process.stderr.isTTY === true ? '\r\u001b[K' : ''}stopping; finished answers are kept (once more to stop at once)`);
    stop.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    // A system call that does not come back can keep the process alive behind the end of the run, so a second signal is still heard.
    if (stop.signal.aborted) return;
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}

function modelOptions(flags: RunFlags): ModelOptions {
  return {
    device: flags.device,
    dtype: flags.dtype,
    threads: flags.threads,
    batchTokens: flags.batchTokens,
    cardMemoryGib: flags.cardMemory,
    memoryGib: flags.memory,
    maxLength: flags.maxLength,
    offline: flags.offline,
    baseUrls: flags.baseUrl,
    tokenizer: flags.tokenizer,
    templateDate: dateOf(flags.templateDate),
    apiKeyEnv: flags.apiKeyEnv,
    concurrency: flags.concurrency,
    timeoutSeconds: flags.timeout,
    maxTries: flags.maxTries,
    maxNewTokens: flags.maxNewTokens,
    scoring: flags.scoring,
    promptsAs: flags.promptsAs,
    serve: flags.serve,
    serveArgs: flags.serveArgs,
    maxCostUsd: flags.maxCost,
    pricesFile: flags.prices,
  };
}

function oneOf(valid: readonly string[]): (text: string) => string {
  return (text) => {
    if (!valid.includes(text)) throw new InvalidArgumentError(`Valid: ${valid.join(', ')}.`);
    return text;
  };
}

function samplesForm(text: string): SamplesForm {
  const found = SAMPLES.find((form) => form === text);
  if (found === undefined) throw new InvalidArgumentError(`Valid: ${SAMPLES.join(', ')}.`);
  return found;
}

function engine(text: string): EngineName {
  const found = ENGINES.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`Valid: ${ENGINES.join(', ')}.`);
  return found;
}

function family(text: string): PromptFamily {
  const found = FAMILIES.find((f) => f === text);
  if (found === undefined) throw new InvalidArgumentError(`Valid: ${FAMILIES.join(', ')}.`);
  return found;
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

function device(text: string): string {
  if (!/^(auto|cpu|webgpu|cuda(:\d{1,3})?)$/.test(text)) throw new InvalidArgumentError('Valid: auto, cpu, cuda, cuda:N, webgpu.');
  return text;
}

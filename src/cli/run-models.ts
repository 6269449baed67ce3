/** One model, or several in turn: what `run` prints of each, and at the end of all. */
import path from 'node:path';
import { EXIT } from '../errors.js';
import type { Evaluation } from '../library/evaluate.js';
import type { SeedEvaluation } from '../library/seeds.js';
import type { ChosenModel } from '../library/several.js';
import { countedLine } from '../results/counts.js';
import type { EvaluateOptions } from '../run/options.js';
import { screenOf } from '../terminal/screen.js';
import { note, print, quoted } from './print.js';
import { duration } from './progress.js';
import type { RunFlags } from './run-flags.js';

/** What came of a model: one run, or one for each seed of the few-shot examples. */
type Result = Evaluation | SeedEvaluation;

/**
 * Evaluates one model and prints its table. Returns the exit code.
 */
export async function runOne(options: EvaluateOptions, flags: RunFlags): Promise<number> {
  const started = Date.now();
  const result = await evaluated(options, flags);
  print(await textOf(result, flags, null));
  return closingLines(result, flags, Date.now() - started, null);
}

/**
 * Evaluates one model after the other, also behind one that fails, and prints one table of all, or of several seeds a table for each model. Checkpoints have their
 * learning curve drawn. Returns the exit code of the worst.
 */
export async function runSeveral(models: readonly ChosenModel[], options: EvaluateOptions, flags: RunFlags): Promise<number> {
  const { eachModel } = await import('../library/several.js');
  const codes: number[] = [];
  let started = Date.now();
  const attempts = await eachModel(
    models,
    ({ reference, name }) => evaluated({ ...options, model: reference, name: name ?? undefined }, flags),
    (reference, index) => {
      started = Date.now();
      if (!flags.quiet) note(`${index === 0 ? '' : '\n'}${index + 1} of ${models.length}: ${reference}`);
    },
    (attempt) => {
      if ('result' in attempt) codes.push(closingLines(attempt.result, flags, Date.now() - started, attempt.reference));
      else {
        codes.push(attempt.error.exitCode);
        note(`eus-eval: ${attempt.reference}: ${attempt.error.message}`);
      }
    },
  );
  const done = attempts.flatMap((attempt) => ('result' in attempt ? [attempt] : []));
  const runs = done.flatMap(({ result }) => ('runs' in result ? [] : [result]));
  if (flags.json) {
    const texts = await Promise.all(done.map(({ reference, result }) => textOf(result, flags, reference)));
    print(`[\n${texts.join(',\n')}\n]`);
  } else if (runs.length < done.length) {
    for (const { reference, result } of done) print(`${reference}\n${await textOf(result, flags, reference)}`);
    await printTable(
      done.flatMap(({ result }) => ('runs' in result ? [...result.runs.values()] : [result])),
      flags.out,
    );
  } else if (runs.length > 0) await printTable(runs, flags.out);
  if (done.length < attempts.length)
    note(`eus-eval: ${attempts.length - done.length} of ${attempts.length} models could not be evaluated (above)`);
  return Math.max(EXIT.ok, ...codes);
}

async function evaluated(options: EvaluateOptions, { fewshotSeeds }: RunFlags): Promise<Result> {
  if (fewshotSeeds !== undefined) return (await import('../library/seeds.js')).evaluateSeeds(options, fewshotSeeds);
  return (await import('../library/evaluate.js')).evaluate(options);
}

/** The results of a model as JSON or as a table; `model` names it where there are several. */
async function textOf(result: Result, { json }: RunFlags, model: string | null): Promise<string> {
  if (!('runs' in result)) {
    const { resultsTable } = await import('../results/table.js');
    return json ? result.json : resultsTable(result.outcome, screenOf(process.stdout));
  }
  const { seedFields, seedTable } = await import('../results/seed-summary.js');
  const { scores, runs } = result;
  if (!json) return seedTable(scores, screenOf(process.stdout));
  return JSON.stringify({ ...(model === null ? {} : { model }), seeds: [...runs.keys()], scores: seedFields(scores) }, null, 2);
}

/** A row a model, and the learning curve of checkpoints. */
async function printTable(runs: readonly Evaluation[], out: string): Promise<void> {
  const { modelRows, writeCurve } = await import('../library/curve.js');
  const { byModelTable } = await import('../results/by-model.js');
  const rows = await modelRows(runs);
  print(byModelTable(rows, screenOf(process.stdout)));
  const curve = path.join(out, 'curve.svg');
  if (await writeCurve(rows, curve)) note(`learning curve: ${curve}`);
}

/** What is said of a model beside its scores; `model` names it where there are several. Returns the exit code. */
function closingLines(result: Result, flags: RunFlags, milliseconds: number, model: string | null): number {
  // Without progress nothing else says whose lines these are.
  const who = model !== null && flags.quiet ? `${model}: ` : '';
  const say = (line: string): void => note(`${who}${line}`);
  const runs = 'runs' in result ? [...result.runs] : [[null, result] as const];
  for (const [seed, run] of runs) {
    const of = seed === null ? '' : `seed ${seed}: `;
    for (const failure of run.failures) say(`${of}unscored: ${failure}`);
    if (run.unlisted !== null) say(`${of}unscored: ${run.unlisted}`);
    say(`${of}${countedLine(run.outcome.counts)}`);
    if (run.checked !== null) say(`${of}${run.checked}`);
    if (run.reused > 0 && !flags.quiet) say(`${of}${run.reused} answers came from the journal (--fresh asks again)`);
    if (run.note !== null) say(`${of}note: ${run.note}`);
  }
  if (!flags.quiet) {
    say(`took: ${duration(milliseconds / 1000)}`);
    for (const [seed, { resultsFile }] of runs) say(`results${seed === null ? '' : ` of seed ${seed}`}: ${resultsFile}`);
    if ('runs' in result) say(`results: ${result.file}`);
    else say(nextStep(path.dirname(result.resultsFile ?? flags.out), flags));
  }
  const without = runs.flatMap(([seed, { noScore }]) => (noScore === null ? [] : [`${seed === null ? '' : `seed ${seed}: `}${noScore}`]));
  for (const line of without) note(`eus-eval: ${who}${line}`);
  return without.length === 0 ? EXIT.ok : EXIT.cannotJudge;
}

/** What one does with results: those of a shard are joined first. */
function nextStep(folder: string, { shard, out, samples, hooks, promptVariants }: RunFlags): string {
  if (shard !== undefined && shard.count > 1) {
    const variants = promptVariants === undefined ? '' : ` --prompt-variants ${quoted(promptVariants)}`;
    const functions = typeof hooks === 'string' ? ` --hooks ${quoted(hooks)}` : '';
    return `next: eus-eval merge ${quoted(out)} --out DIR${variants}${functions}, when all ${shard.count} shards are done`;
  }
  const compare = `eus-eval compare BASE ${quoted(folder)}`;
  return samples === false ? `next: ${compare}` : `next: eus-eval view ${quoted(folder)}, or ${compare}`;
}

/** `eus-eval judge`: arguments and printing only. */
import { EXIT } from '../errors.js';
import type { Judged } from '../library/judge.js';
import { screenOf } from '../terminal/screen.js';
import { table, wordsOf } from '../terminal/table.js';
import type { AddCommand } from './arguments.js';
import { folderName, list, numberBetween, wholeNumber } from './arguments.js';

interface JudgeFlags {
  model: string;
  rubric: string;
  against?: string;
  tasks?: readonly string[];
  limit?: number;
  labels?: string;
  out: string;
  maxErrorRate: number;
  device: string;
  dtype: string;
  baseUrl?: readonly string[];
  tokenizer?: string;
  apiKeyEnv?: string;
  concurrency?: number;
  maxCost?: number;
  prices?: string;
  offline: boolean;
  json: boolean;
}

/**
 * Adds `judge`.
 */
export const addJudge: AddCommand = (program, exit) =>
  program
    .command('judge')
    .description('a model judges generated answers by a rubric; labels of people say how far to believe it')
    .argument('<results>', "folder with a model's results and samples")
    .requiredOption('-m, --model <ref>', 'the judge: a folder, a hub name or BACKEND:NAME')
    .requiredOption('--rubric <file>', 'YAML: what it is asked, and how its verdict is read (docs/judge.md)')
    .option('--against <dir>', "a second model's results: which answer is better, asked in both orders", folderName)
    .option('-t, --tasks <names>', 'only these tasks', list)
    .option('-n, --limit <n>', 'only the first n answers of each task', wholeNumber(1))
    .option('--labels <file>', "CSV task,doc_id,label with people's labels")
    .option('-o, --out <dir>', 'where verdicts go; the same command goes on where it was', folderName, 'judged')
    .option('--max-error-rate <share>', 'above this share without a verdict: exit code 4', numberBetween(0, 1), 0.05)
    .option('--max-cost <usd>', 'stop before a paid API costs more', numberBetween(0, Number.POSITIVE_INFINITY))
    .option('--prices <file>', 'price table of API models (YAML)')
    .option('--base-url <urls>', 'address(es) of an OpenAI-compatible server', list)
    .option('--tokenizer <ref>', "the judge's tokenizer (folder or hub name), for completions")
    .option('--api-key-env <name>', 'environment variable that holds the key')
    .option('--concurrency <n>', 'requests in flight at most', wholeNumber(1))
    .option('--device <device>', 'auto, cpu, cuda[:N] or webgpu', 'auto')
    .option('--dtype <dtype>', 'auto, float32, float16, bfloat16', 'auto')
    .option('--offline', 'any network access is an error', false)
    .option('--json', 'print one JSON document', false)
    .action(async (results: string, flags: JudgeFlags) => exit(await judgeResults(results, flags)));

async function judgeResults(results: string, flags: JudgeFlags): Promise<number> {
  const { judge } = await import('../library/judge.js');
  const { device, dtype, baseUrl, tokenizer, apiKeyEnv, concurrency, maxCost, prices, offline, ...rest } = flags;
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const judged = await judge({
      ...rest,
      results,
      modelOptions: {
        device,
        dtype,
        baseUrls: baseUrl,
        tokenizer,
        apiKeyEnv,
        concurrency,
        maxCostUsd: maxCost,
        pricesFile: prices,
        offline,
      },
      signal: stop.signal,
      say,
      onAnswer: (done, total) => {
        if (done % Math.max(1, Math.floor(total / 10)) === 0) say(`${done} of ${total} questions`);
      },
    });
    const { verdicts, files, ...found } = judged;
    process.stdout.write(`${flags.json ? JSON.stringify(found, null, 2) : textOf(judged)}\n`);
    for (const { task, doc_id, why } of verdicts.filter(({ label }) => label === null).slice(0, 20))
      say(`unscored: ${task} document ${doc_id}: ${why}`);
    for (const file of files) say(`verdicts: ${file}`);
    const unscored = verdicts.filter(({ label }) => label === null).length;
    if (unscored <= flags.maxErrorRate * verdicts.length) return EXIT.ok;
    say(
      `eus-eval: ${unscored} of ${verdicts.length} documents have no verdict (more than ${flags.maxErrorRate * 100} %, see --max-error-rate); ` +
        'give the same command again to ask only what failed',
    );
    return EXIT.cannotJudge;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function textOf({ judge, base, candidate, tasks, agreement }: Judged): string {
  const screen = screenOf(process.stdout);
  const paired = candidate !== null;
  const right = (title: string) => ({ title, right: true });
  const rows = tasks.map((one) => [
    one.task,
    `${one.documents - one.unscored} of ${one.documents}`,
    one.mean === null ? '' : `${one.mean.toFixed(4)}${one.stderr === null ? '' : ` ± ${one.stderr.toFixed(4)}`}`,
    Object.entries(one.labels)
      .map(([label, n]) => `${label} ${n}`)
      .join(', '),
    ...(paired ? [one.consistent === undefined ? '' : `${(100 * one.consistent).toFixed(1)} %`] : []),
  ]);
  const columns = [
    { title: 'Task' },
    right('Judged'),
    right(paired ? 'Share won by the candidate' : 'Mean'),
    { title: 'Verdicts', wraps: true },
    ...(paired ? [right('Same in both orders')] : []),
  ];
  const trust = trustIn(judge, agreement);
  const who = paired ? `Base ${base}, candidate ${candidate}, judged by ${judge}.` : `Answers of ${base}, judged by ${judge}.`;
  return [table(columns, rows, screen), '', ...wordsOf(who, screen.width), ...wordsOf(trust, screen.width)].join('\n');
}

/** How far the judge is to be believed. */
function trustIn(judge: string, agreement: Judged['agreement']): string {
  if (agreement === null)
    return (
      `The judge ${judge} is not validated: no labels of people were given (--labels), ` +
      'so nobody knows how far its verdicts are to be believed.'
    );
  const percent = (share: number): string => (100 * share).toFixed(1);
  const { n, low, high, kappa } = agreement;
  return (
    `Against people's labels of ${n} documents: agreement ${percent(agreement.agreement)} % ` +
    `(95 % interval ${percent(low)} to ${percent(high)}), ` +
    `Cohen's kappa ${kappa === null ? 'not defined (one label only)' : kappa.toFixed(3)}.`
  );
}

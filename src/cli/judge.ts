/** `eus-eval judge`: arguments and printing only. */
import { EXIT } from '../errors.js';
import type { Judged } from '../library/judge.js';
import { screenOf } from '../terminal/screen.js';
import { table, wordsOf } from '../terminal/table.js';
import { type AddCommand, folderName, list, numberBetween, wholeNumber } from './arguments.js';
import { askProgress } from './ask-progress.js';
import { interruptible } from './interrupt.js';
import { MODEL_OPTION, type ModelFlags, modelOptionsOf } from './model-flags.js';
import { note, print, printJson } from './print.js';

interface JudgeFlags extends ModelFlags {
  model: string;
  rubric: string;
  against?: string;
  tasks?: readonly string[];
  limit?: number;
  labels?: string;
  out: string;
  maxErrorRate: number;
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
    .option(...MODEL_OPTION.maxCost)
    .option(...MODEL_OPTION.prices)
    .option(...MODEL_OPTION.baseUrl)
    .option('--tokenizer <ref>', "the judge's tokenizer (folder or hub name), for completions")
    .option(...MODEL_OPTION.apiKeyEnv)
    .option(...MODEL_OPTION.concurrency)
    .option(...MODEL_OPTION.device)
    .option(...MODEL_OPTION.dtype)
    .option(...MODEL_OPTION.offline)
    .option('--json', 'print one JSON document', false)
    .action(async (results: string, flags: JudgeFlags) =>
      exit(await interruptible(true, (signal) => judgeResults(results, flags, signal))),
    );

async function judgeResults(results: string, flags: JudgeFlags, signal: AbortSignal): Promise<number> {
  const { judge } = await import('../library/judge.js');
  const modelOptions = modelOptionsOf(flags);
  const judged = await judge({ ...flags, results, modelOptions, signal, say: note, onAnswer: askProgress('questions') });
  const { verdicts, files, ...found } = judged;
  if (flags.json) printJson(found);
  else print(textOf(judged));
  const unscored = verdicts.filter(({ label }) => label === null);
  for (const { task, doc_id, why } of unscored.slice(0, 20)) note(`unscored: ${task} document ${doc_id}: ${why}`);
  for (const file of files) note(`verdicts: ${file}`);
  if (unscored.length <= flags.maxErrorRate * verdicts.length) return EXIT.ok;
  note(
    `eus-eval: ${unscored.length} of ${verdicts.length} documents have no verdict (more than ${flags.maxErrorRate * 100} %, see --max-error-rate); ` +
      'give the same command again to ask only what failed',
  );
  return EXIT.cannotJudge;
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

/** `eus-eval contamination`: arguments and printing only. */
import { EXIT } from '../errors.js';
import type { TaskContamination } from '../run/contamination.js';
import { screenOf } from '../terminal/screen.js';
import { table, wordsOf } from '../terminal/table.js';
import { type AddCommand, folderName, HOOKS_OPTION, INCLUDE_OPTION, list, wholeNumber } from './arguments.js';
import { askProgress } from './ask-progress.js';
import { interruptible } from './interrupt.js';
import { MODEL_OPTION, type ModelFlags, modelOptionsOf } from './model-flags.js';
import { note, print, printJson } from './print.js';

interface ContaminationFlags extends ModelFlags {
  model: string;
  tasks: readonly string[];
  includePath?: string;
  hooks?: string;
  data?: string;
  limit?: number;
  shards: number;
  shuffles: number;
  seed: number;
  out: string;
  dryRun: boolean;
  json: boolean;
}

/**
 * Adds `contamination`.
 */
export const addContamination: AddCommand = (program, exit) =>
  program
    .command('contamination')
    .description('was a model trained on a benchmark? By the order of its documents')
    .requiredOption('-m, --model <ref>', 'folder, hub name or completions:NAME (log-probabilities of whole texts are needed)')
    .requiredOption('-t, --tasks <names>', 'benchmarks, groups or task files', list)
    .option(...HOOKS_OPTION)
    .option(...INCLUDE_OPTION)
    .option('-d, --data <dir>', 'folder with <repo>/<config>/<split>.jsonl (default: the hub)', folderName)
    .option('-n, --limit <n>', 'only the first n documents of each task', wholeNumber(1))
    .option('--shards <n>', 'blocks of documents that are shuffled within', wholeNumber(5), 50)
    .option('--shuffles <n>', 'shuffles of each block', wholeNumber(1), 19)
    .option('--seed <n>', 'seed of the shuffles', wholeNumber(0), 1234)
    .option('--dry-run', 'print the number of requests, then exit', false)
    .option('-o, --out <dir>', 'where answers are kept, so that the same command goes on', folderName, 'results')
    .option(...MODEL_OPTION.device)
    .option(...MODEL_OPTION.dtype)
    .option(...MODEL_OPTION.maxLength)
    .option(...MODEL_OPTION.baseUrl)
    .option(...MODEL_OPTION.tokenizer)
    .option(...MODEL_OPTION.offline)
    .option('--json', 'print one JSON document', false)
    .action(async (flags: ContaminationFlags) => exit(await interruptible(true, (signal) => contaminate(flags, signal))));

async function contaminate(flags: ContaminationFlags, signal: AbortSignal): Promise<number> {
  const { CONTAMINATION_ASSUMPTIONS, contamination, contaminationJson } = await import('../library/contamination.js');
  const modelOptions = modelOptionsOf(flags);
  const found = await contamination({ ...flags, modelOptions, signal, say: note, onAnswer: askProgress('texts') });
  if (found.tasks === null) return EXIT.ok;
  if (flags.json) printJson(contaminationJson(found.model, found.tasks));
  else
    print(
      [tableOf(found.tasks), '', ...CONTAMINATION_ASSUMPTIONS.flatMap((line) => wordsOf(line, screenOf(process.stdout).width))].join('\n'),
    );
  return found.tasks.some(({ test }) => test === null) ? EXIT.cannotJudge : EXIT.ok;
}

function tableOf(tasks: readonly TaskContamination[]): string {
  const right = (title: string) => ({ title, right: true });
  const rows = tasks.map(({ task, documents, test, p_holm, why }) => [
    task,
    String(documents),
    ...(test === null ? ['', '', ''] : [String(test.shards), test.difference.toFixed(2), probability(test.p)]),
    p_holm === null ? '' : probability(p_holm),
    test === null ? '' : probability(test.exactP),
    why ?? '',
  ]);
  const columns = [
    { title: 'Task' },
    ...['Documents', 'Shards', 'Nats a shard', 'p', 'p (Holm)', 'p (exact)'].map(right),
    { title: 'Not tested because', wraps: true },
  ];
  const shown = tasks.some(({ why }) => why !== null) ? columns : columns.slice(0, -1);
  return table(shown, rows, screenOf(process.stdout));
}

function probability(p: number): string {
  return p >= 0.001 ? p.toFixed(3) : p.toExponential(1);
}

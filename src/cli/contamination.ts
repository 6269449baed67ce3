/** `eus-eval contamination`: arguments and printing only. */
import { EXIT } from '../errors.js';
import { CONTAMINATION_ASSUMPTIONS, contaminationJson, type TaskContamination } from '../run/contamination.js';
import { screenOf } from '../terminal/screen.js';
import { table, wordsOf } from '../terminal/table.js';
import type { AddCommand } from './arguments.js';
import { folderName, list, wholeNumber } from './arguments.js';

interface ContaminationFlags {
  model: string;
  tasks: readonly string[];
  data?: string;
  limit?: number;
  shards: number;
  shuffles: number;
  seed: number;
  out: string;
  device: string;
  dtype: string;
  maxLength?: number;
  baseUrl?: readonly string[];
  tokenizer?: string;
  offline: boolean;
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
    .option('-d, --data <dir>', 'folder with <repo>/<config>/<split>.jsonl (default: the hub)', folderName)
    .option('-n, --limit <n>', 'only the first n documents of each task', wholeNumber(1))
    .option('--shards <n>', 'blocks of documents that are shuffled within', wholeNumber(5), 50)
    .option('--shuffles <n>', 'shuffles of each block', wholeNumber(1), 19)
    .option('--seed <n>', 'seed of the shuffles', wholeNumber(0), 1234)
    .option('--dry-run', 'say what would be asked, and stop', false)
    .option('-o, --out <dir>', 'where answers are kept, so that the same command goes on', folderName, 'results')
    .option('--device <device>', 'auto, cpu, cuda[:N] or webgpu', 'auto')
    .option('--dtype <dtype>', 'auto, float32, float16, bfloat16', 'auto')
    .option('--max-length <n>', "tokens of context (default: the model's own maximum)", wholeNumber(2))
    .option('--base-url <urls>', 'address(es) of an OpenAI-compatible server', list)
    .option('--tokenizer <ref>', "the model's tokenizer (folder or hub name), for completions")
    .option('--offline', 'any network access is an error', false)
    .option('--json', 'print one JSON document', false)
    .action(async (flags: ContaminationFlags) => exit(await contaminate(flags)));

async function contaminate({ device, dtype, maxLength, baseUrl, tokenizer, offline, ...flags }: ContaminationFlags): Promise<number> {
  const { contamination } = await import('../library/contamination.js');
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const found = await contamination({
      ...flags,
      modelOptions: { device, dtype, maxLength, baseUrls: baseUrl, tokenizer, offline },
      signal: stop.signal,
      say,
      onAnswer: (done, total) => {
        if (done % Math.max(1, Math.floor(total / 10)) === 0) say(`${done} of ${total} texts`);
      },
    });
    if (found.tasks === null) return EXIT.ok;
    process.stdout.write(`${flags.json ? JSON.stringify(contaminationJson(found.model, found.tasks), null, 2) : textOf(found.tasks)}\n`);
    return found.tasks.some(({ test }) => test === null) ? EXIT.cannotJudge : EXIT.ok;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function textOf(tasks: readonly TaskContamination[]): string {
  const screen = screenOf(process.stdout);
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
  return [table(shown, rows, screen), '', ...CONTAMINATION_ASSUMPTIONS.flatMap((line) => wordsOf(line, screen.width))].join('\n');
}

function probability(p: number): string {
  return p >= 0.001 ? p.toFixed(3) : p.toExponential(1);
}

/** `eus-eval fetch`: arguments and printing only. */

import type { Command } from 'commander';
import { EXIT, UserError } from '../errors.js';
import type { Fetched, FetchedSplit } from '../hub/fetch.js';
import type { Progress } from '../hub/progress.js';
import type { ResolvedModel } from '../hub/resolve-model.js';
import { screenOf } from '../terminal/screen.js';
import { type Column, table } from '../terminal/table.js';
import { type AddCommand, HOOKS_OPTION, INCLUDE_OPTION, namesOrAll } from './arguments.js';
import { note, print, printJson } from './print.js';

interface FetchFlags {
  hooks?: string;
  includePath?: string;
  model?: string;
  data: boolean;
  offline: boolean;
  json: boolean;
  quiet: boolean;
}

/**
 * Adds `fetch`.
 */
export const addFetch: AddCommand = (program, exit): Command =>
  program
    .command('fetch')
    .description('download data sets and models from the hub into the cache, for later use with --offline')
    .argument('[tasks...]', 'benchmarks, groups, wildcards, eu, en, es, all or task files (default: all)')
    .option('-m, --model <ref>', 'a model of the hub too: ORG/NAME[@REVISION]')
    .option(...HOOKS_OPTION)
    .option(...INCLUDE_OPTION)
    .option('--no-data', 'only the model')
    .option('--offline', 'download nothing: only say whether everything is in the cache', false)
    .option('--json', 'print one JSON document', false)
    .option('-q, --quiet', 'no progress', false)
    .action(async (names: string[], flags: FetchFlags) => {
      if (!flags.data && (flags.model === undefined || names.length > 0)) {
        throw new UserError('--no-data leaves nothing to fetch; give --model ORG/NAME and no tasks');
      }
      const { fetchData, fetchModel } = await import('../library/fetch.js');
      const progress = showProgress(flags.quiet);
      try {
        const fetched = flags.data
          ? await fetchData({
              ...flags,
              tasks: namesOrAll(names),
              onProgress: progress.file,
              onTotal: progress.total,
              onSplit: progress.done,
            })
          : { splits: [], failures: [] };
        const model = flags.model === undefined ? null : await fetchModel(flags.model, flags.offline, progress.file);
        progress.stop();
        await printFetched(fetched, model, flags.json);
        for (const { message } of fetched.failures) note(`eus-eval: ${message}`);
        if (fetched.failures.length > 0) exit(EXIT.user);
      } finally {
        progress.stop();
      }
    });

async function printFetched({ splits, failures }: Fetched, model: ResolvedModel | null, json: boolean): Promise<void> {
  if (json) return printJson({ datasets: splits, model, failures });
  const rows: string[][] = [];
  for (const [name, group] of byDataset(splits)) {
    const sum = (value: (split: FetchedSplit) => number): number => group.reduce((total, split) => total + value(split), 0);
    const revisions = [...new Set(group.map((split) => split.commit.slice(0, 8)))].join(', ');
    const counts = [group.length, sum((split) => split.files)].map(String);
    rows.push([name, ...counts, sizeText(sum((split) => split.bytes)), revisions]);
  }
  if (splits.length > 0) print(table(COLUMNS, rows, screenOf(process.stdout)));
  if (model !== null) print(`model ${model.name}${model.revision === null ? '' : ` (${model.revision.slice(0, 8)})`}: ${model.folder}`);
  if (failures.length > 0) print(`${failures.length} of ${failures.length + splits.length} splits could not be downloaded`);
}

const COLUMNS: readonly Column[] = [
  { title: 'Data set' },
  { title: 'Splits', right: true, spare: 2 },
  { title: 'Files', right: true, spare: 3 },
  { title: 'Size', right: true },
  { title: 'Revision', spare: 1 },
];

function byDataset(splits: readonly FetchedSplit[]): Map<string, FetchedSplit[]> {
  const groups = new Map<string, FetchedSplit[]>();
  for (const split of splits) groups.set(split.dataset, [...(groups.get(split.dataset) ?? []), split]);
  return groups;
}

interface Display {
  readonly total: (splits: number) => void;
  readonly done: () => void;
  readonly file: (progress: Progress) => void;
  readonly stop: () => void;
}

/** One line that is written over on a terminal; elsewhere a line for each file that is complete. */
function showProgress(quiet: boolean): Display {
  const stream = process.stderr;
  const terminal = stream.isTTY === true && !quiet;
  let splits = 0;
  let finished = 0;
  const clear = (): void => void (terminal && stream.write('\r\u001b[K'));
  return {
    total: (count) => {
      splits = count;
    },
    done: () => {
      finished += 1;
    },
    file: ({ what, doneBytes, totalBytes }) => {
      if (quiet) return;
      const size =
        totalBytes === null || doneBytes === totalBytes ? sizeText(doneBytes) : `${sizeText(doneBytes)} of ${sizeText(totalBytes)}`;
      const text = `${splits > 0 ? `${finished}/${splits} ` : ''}${what}: ${size}`;
      if (terminal) stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
      else if (doneBytes === totalBytes) stream.write(`${text}\n`);
    },
    stop: clear,
  };
}

function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

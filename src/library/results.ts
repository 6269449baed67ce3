/** Results as values: from files, or from a run that wrote none. */
import { joinFiles, type Run, type SamplesOf } from '../compare/open-run.js';
import { UserError } from '../errors.js';
import { openSide } from '../gate/baseline.js';
import { isObject } from '../is-object.js';
import {
  type Check,
  type Checks,
  listOf,
  NAME,
  needed,
  type OneOrMore,
  type Optional,
  oneOrMore,
  refuseAborted,
  SIGNAL,
} from '../options.js';
import { fileBytes } from '../results/gzip-blocks.js';
import { findResultFiles, type ResultFile, readResultFile } from '../results/read.js';
import { sampleLines } from '../results/read-samples.js';
import { findSampleFile } from '../results/sample-name.js';

/** The fields of one line of a sample file (docs/results.md). */
export type Sample = Readonly<Record<string, unknown>>;

/** One results file with the samples beside it. */
export interface Results extends ResultFile {
  /**
   * Yields the samples of a task, one for each document and filter. Throws `UserError` where there are none, or one is broken.
   */
  samples(task: string): AsyncIterable<Sample>;
  /** The bytes of a task's samples, one JSON object a line; null where there are none. */
  sampleBytes(task: string): AsyncIterable<Buffer> | null;
}

export type ReadOptions = {
  /** Folders, which are searched recursively, or results files; the Python harness's too. */
  readonly from: OneOrMore<string>;
} & Optional<{ signal: AbortSignal }>;

export const READ_CHECKS: Checks<ReadOptions> = {
  from: needed(oneOrMore('folders of results, or results files', NAME)),
  signal: SIGNAL,
};

/**
 * Reads results files, in the order of their paths. Throws `UserError` when there is none, or one is broken.
 */
export async function readResults({ from, signal }: ReadOptions): Promise<readonly Results[]> {
  const paths = [...new Set((await Promise.all(listOf(from).map(findResultFiles))).flat())];
  if (paths.length === 0) throw new UserError(`no results_*.json in or below ${listOf(from).join(', ')}`);
  const results: Results[] = [];
  for (const path of paths) {
    refuseAborted(signal);
    results.push(await readResultsFile(path));
  }
  return results;
}

/**
 * Reads one results file with the samples beside it. Throws `UserError` when it is missing or broken.
 */
export async function readResultsFile(path: string): Promise<Results> {
  return resultsOf(await readResultFile(path), (task) => bytesBeside(path, task));
}

function bytesBeside(path: string, task: string): AsyncIterable<Buffer> | null {
  const file = findSampleFile(path, task);
  return file === null ? null : fileBytes(file);
}

/**
 * Returns the results of a file with a way to the bytes of its samples.
 */
export function resultsOf(file: ResultFile, sampleBytes: Results['sampleBytes']): Results {
  return {
    ...file,
    sampleBytes,
    async *samples(task) {
      const bytes = sampleBytes(task);
      if (bytes === null) throw new UserError(`${file.path}: no samples of ${task}`);
      for await (const { fields } of sampleLines(nameOf(file, task), bytes)) yield fields;
    },
  };
}

function nameOf({ path }: ResultFile, task: string): string {
  return findSampleFile(path, task) ?? `${path}, samples of ${task}`;
}

/** One side of a comparison: a path as the command line takes it, or results. */
export type Side = string | Results;

/** A path of results, or results. */
export const RESULTS_CHECK: Check = {
  expected: 'a folder of results, a results file, or results (of evaluate or readResults)',
  fits: (value) => NAME.fits(value) || (isObject(value) && typeof value.sampleBytes === 'function'),
};

/**
 * Opens one side of a comparison; `inside` is a folder of models, in which a name is looked for. Throws `UserError` when there is nothing to compare.
 */
export async function openRunOf(side: Side, inside: string | undefined): Promise<Run> {
  if (typeof side === 'string') return openSide(side, inside === undefined ? {} : { inside });
  const samplesOf: SamplesOf = (file, task) => {
    if (side.sampleBytes(task) === null) return null;
    const path = findSampleFile(file.path, task);
    return { name: nameOf(file, task), path, bytes: () => side.sampleBytes(task) ?? noBytes() };
  };
  return joinFiles(side.path, [side], samplesOf);
}

async function* noBytes(): AsyncGenerator<Buffer> {}

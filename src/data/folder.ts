import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MissingDataError, messageOf, systemCode, UserError } from '../errors.js';
import { checkPathPart, checkRepoName } from '../hub/names.js';
import { didYouMean } from '../suggest.js';
import type { DataSource } from '../types.js';
import { DATA_FORMATS, type DataFile, formatOf, readFiles } from './read-file.js';
import { filesOfSplit, splitsOf } from './shards.js';

/** Names that a message lists at most. */
const MAX_LISTED = 30;

/**
 * Returns a data source over a folder with `REPO/CONFIGURATION/SPLIT.jsonl` (or .parquet, .csv, .tsv, or shards
 * `SPLIT-00000-of-00002.parquet`). Throws `UserError` when the folder does not exist.
 */
export async function openFolder(dir: string): Promise<DataSource> {
  if (!(await isFolder(dir))) throw new UserError(`data folder ${dir} does not exist or is no folder`);
  return {
    // Results are published: where the folder lies on this machine stays here.
    description: `folder ${basename(resolve(dir))}`,
    async *split(datasetPath, datasetName, split) {
      yield* readFiles(await findSplit(dir, datasetPath, datasetName, split));
    },
  };
}

/**
 * Returns the files of one split below `dir`, in order.
 * Throws `UserError` that lists what is there, with the nearest name, when data set, configuration or split are missing.
 */
async function findSplit(dir: string, datasetPath: string, datasetName: string, split: string): Promise<DataFile[]> {
  checkRepoName(datasetPath, 'data set');
  checkPathPart(datasetName, 'configuration');
  checkPathPart(split, 'split');
  const repo = join(dir, datasetPath);
  const config = join(repo, datasetName);
  if (!(await isFolder(config))) throw await missingFolder(dir, datasetPath, datasetName);
  const names = await namesIn(config, 'files');
  const files = filesOfSplit(names, split, config);
  if (files.length === 0) {
    const splits = splitsOf(names);
    const kinds = DATA_FORMATS.map((format) => `.${format}`).join(', ');
    throw new MissingDataError(`no split '${split}' in ${config} (${kinds}); it holds ${listed(splits)}.${didYouMean(split, splits)}`);
  }
  return files.map(({ name, format }) => ({ path: join(config, name), format }));
}

async function missingFolder(dir: string, datasetPath: string, datasetName: string): Promise<UserError> {
  const repo = join(dir, datasetPath);
  if (await isFolder(repo)) {
    const configs = await namesIn(repo, 'folders');
    return new MissingDataError(
      `no configuration '${datasetName}' in ${repo}; it holds ${listed(configs)}.${didYouMean(datasetName, configs)}`,
    );
  }
  const repos = await reposIn(dir);
  return new MissingDataError(`no data set '${datasetPath}' in ${dir}; it holds ${listed(repos)}.${didYouMean(datasetPath, repos)}`);
}

/** Data sets below `dir`: `NAME`, where its sub-folders hold data files, else `ORG/NAME`. */
async function reposIn(dir: string): Promise<string[]> {
  const repos: string[] = [];
  for (const top of await namesIn(dir, 'folders')) {
    const inner = await namesIn(join(dir, top), 'folders');
    const [first] = inner;
    const legacy = first !== undefined && (await namesIn(join(dir, top, first), 'files')).some((name) => formatOf(name) !== null);
    if (legacy) repos.push(top);
    else repos.push(...inner.map((name) => `${top}/${name}`));
  }
  return repos;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return names.slice(0, MAX_LISTED).join(', ') + more;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

/** Sorted names of the files or folders in a folder; links count as what they lead to. */
async function namesIn(folder: string, kind: 'files' | 'folders'): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      const link = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => null) : entry;
      if (link !== null && (kind === 'folders' ? link.isDirectory() : link.isFile())) names.push(entry.name);
    }
    return names.sort();
  } catch (error) {
    throw new UserError(`cannot read folder ${basename(folder)} in ${dirname(folder)}: ${messageOf(error)}`);
  }
}

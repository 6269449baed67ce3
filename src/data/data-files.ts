/** Reading the data files that a task file names, as Python's `datasets` reads them. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { MissingDataError, UserError } from '../errors.js';
import { matchesGlob } from '../hub/glob.js';
import type { DataFiles, DataSource, Doc } from '../types.js';
import { readFiles } from './read-file.js';

/** Files and folders that a pattern is searched in. */
const MAX_VISITED = 100_000;

const HIDDEN = ['.', '__'];

/**
 * Returns a source that reads the files a task names where it names any, and `source` otherwise.
 */
export function withDataFiles(source: DataSource): DataSource {
  return {
    description: source.description,
    split: (datasetPath, datasetName, split, files) =>
      files == null ? source.split(datasetPath, datasetName, split) : readDataFiles(files, split),
  };
}

/**
 * Yields the documents of a split. Throws `MissingDataError` where no file fits, `UserError` for a file that cannot be read.
 */
export async function* readDataFiles(files: DataFiles, split: string): AsyncGenerator<Doc> {
  const format = files.format === 'json' ? 'jsonl' : files.format;
  const found = await findDataFiles(files, split);
  const [first = split] = files.splits.keys();
  const before = format !== 'jsonl' || first === split ? [] : await findDataFiles(files, first);
  yield* readFiles(
    found.map((path) => ({ path, format, separator: files.separator })),
    before,
  );
}

/**
 * Returns the files of a split in their order: as listed, those of one pattern by name. Paths start at the task file, or at the current folder where there is nothing, which is where
 * the harness looks. Throws `MissingDataError` where one of them fits no file.
 */
async function findDataFiles({ base, splits }: DataFiles, split: string): Promise<readonly string[]> {
  const patterns = splits.get(split);
  if (patterns === undefined) throw new MissingDataError(`no split '${split}' in data_files; it has ${[...splits.keys()].join(', ')}`);
  const found: string[] = [];
  for (const pattern of patterns) {
    const packed = /\.(gz|bz2|xz|zst|zip|7z|tar)$/i.exec(pattern)?.[0];
    if (packed !== undefined) throw new UserError(`data_files: ${pattern}: packed files (${packed}) are not read; unpack it`);
    const here = await expand(base, pattern);
    const files = here.length > 0 || path.isAbsolute(pattern) ? here : await expand(process.cwd(), pattern);
    if (files.length === 0) throw new MissingDataError(`data_files: no file '${pattern}' in ${base}, where the task file is`);
    found.push(...files);
  }
  return found;
}

async function expand(base: string, pattern: string): Promise<readonly string[]> {
  const whole = path.resolve(base, pattern);
  const there = await stat(whole).catch(() => null);
  if (there?.isFile()) return [whole];
  if (there?.isDirectory())
    throw new UserError(`data_files: ${pattern} is a folder; name its files, as in ${path.join(pattern, '*.jsonl')}`);
  const parts = whole.split(path.sep);
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  if (wild < 0) return [];
  const root = parts.slice(0, wild).join(path.sep) || path.sep;
  const rest = parts.slice(wild);
  const files: string[] = [];
  let visited = 0;
  const walk = async (folder: string, below: readonly string[]): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    visited += entries.length;
    if (visited > MAX_VISITED) throw new UserError(`data_files: '${pattern}' would search more than ${MAX_VISITED} files; name the folder`);
    for (const entry of entries) {
      // Hidden files and those of Python's caches fit only a pattern that names such.
      if (HIDDEN.some((mark) => entry.name.startsWith(mark) && !rest.some((part) => part.startsWith(mark)))) continue;
      const full = path.join(folder, entry.name);
      const at = [...below, entry.name];
      const kind = entry.isSymbolicLink() ? await stat(full).catch(() => null) : entry;
      if (kind?.isDirectory() && !entry.isSymbolicLink() && (rest.includes('**') || at.length < rest.length)) await walk(full, at);
      else if (kind?.isFile() && matchesGlob(rest.join('/'), at.join('/'))) files.push(full);
    }
  };
  await walk(root, []);
  return files.sort((a, b) => (a < b ? -1 : 1));
}

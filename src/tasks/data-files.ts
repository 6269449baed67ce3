/** Data files that a task file names itself, as Python's `load_dataset('json', data_files=...)` takes them. */
import path from 'node:path';
import { UserError } from '../errors.js';
import type { DataFiles } from '../types.js';
import type { TaskConfig } from './schema.js';

const FORMATS = ['json', 'csv', 'parquet'] as const;

type Given = NonNullable<NonNullable<TaskConfig['dataset_kwargs']>['data_files']>;

/**
 * Returns the data files of a task, or null where it names a data set. One file or a list of files are the split `train`, as in `datasets`. Throws `UserError` naming file and
 * field where there is one without the other, an address instead of a path, or a split that the files do not have.
 */
export function dataFilesOf(file: string, config: TaskConfig): DataFiles | null {
  const { data_files: given, delimiter, sep } = config.dataset_kwargs ?? {};
  const format = FORMATS.find((one) => one === config.dataset_path);
  const fail = (field: string, message: string): never => {
    throw new UserError(`${file}: ${field}: ${message}`);
  };
  const separator = delimiter ?? sep;
  if (separator !== undefined && format !== 'csv') return fail('dataset_kwargs', 'delimiter goes with dataset_path: csv');
  if (given === undefined) {
    if (format === undefined) return null;
    return fail('dataset_kwargs', `missing; dataset_path: ${format} reads files: dataset_kwargs: {data_files: {test: FILE}}`);
  }
  if (format === undefined) return fail('dataset_kwargs.data_files', `goes with dataset_path: ${FORMATS.join(', ')}`);
  const splits = new Map(
    typeof given === 'string' || Array.isArray(given)
      ? [['train', listOf(given)] as const]
      : Object.entries(given).map(([split, files]) => [split, listOf(files)] as const),
  );
  for (const one of [...splits.values()].flat())
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(one))
      return fail('dataset_kwargs.data_files', `${one} is an address; download the file and name its path`);
  for (const field of ['training_split', 'validation_split', 'test_split', 'fewshot_split'] as const) {
    const split = config[field];
    if (split != null && !splits.has(split))
      return fail(
        field,
        `data_files has no split '${split}'; it has ${[...splits.keys()].join(', ')}${splits.has('train') && splits.size === 1 ? ' (files without a split are train)' : ''}`,
      );
  }
  return { format, separator: separator ?? ',', base: path.dirname(path.resolve(file)), splits };
}

/**
 * Returns `data_files` as results show it: of a path that starts at the root of a machine only the file's name.
 */
export function withoutFolders(given: Given): Given {
  const bare = (files: string | string[]): string | string[] => (typeof files === 'string' ? nameOf(files) : files.map(nameOf));
  if (typeof given === 'string' || Array.isArray(given)) return bare(given);
  return Object.fromEntries(Object.entries(given).map(([split, files]) => [split, bare(files)]));
}

function nameOf(file: string): string {
  return path.isAbsolute(file) || file.startsWith('~') ? path.basename(file) : file;
}

function listOf(files: string | readonly string[]): readonly string[] {
  return typeof files === 'string' ? [files] : files;
}

import { UserError } from '../errors.js';
import { refusePlaceholderFile } from '../placeholder-file.js';
import { fieldsOf } from '../python/fields.js';
import type { Doc } from '../types.js';
import { readJsonRows } from './jsonl.js';

/** The kinds of data files, by the ending of their names. */
export const DATA_FORMATS = ['jsonl', 'parquet', 'csv', 'tsv'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** Readers of formats that a run may not meet are loaded when it does: their libraries take a tenth of the time in which the program starts. */
const READERS: Readonly<Record<DataFormat, (file: string) => AsyncIterable<Doc>>> = {
  jsonl: (file) => readJsonRows([file]),
  parquet: async function* (file) {
    yield* (await import('./parquet.js')).readParquet(file);
  },
  csv: (file) => separated(file, ','),
  tsv: (file) => separated(file, '\t'),
};

async function* separated(file: string, separator: ',' | '\t'): AsyncGenerator<Doc> {
  yield* (await import('./csv.js')).readCsv(file, separator);
}

/** A data file and how to read it. */
export interface DataFile {
  readonly path: string;
  readonly format: DataFormat;
}

/**
 * Returns the format that a file name's ending names, or null.
 */
export function formatOf(name: string): DataFormat | null {
  return DATA_FORMATS.find((format) => name.endsWith(`.${format}`)) ?? null;
}

/**
 * Yields the documents of a split's files one after the other, all with the same fields. Throws `UserError` for a file that stands in for another
 * (a Git LFS pointer, a web page) and for files whose fields differ, where they are no JSON lines.
 */
export async function* readFiles(files: readonly DataFile[]): AsyncGenerator<Doc> {
  for (const { path } of files) await refusePlaceholderFile(path);
  if (files.every(({ format }) => format === 'jsonl')) {
    yield* readJsonRows(files.map(({ path }) => path));
    return;
  }
  const formats = new Map(files.map(({ path, format }) => [path, format]));
  yield* sameFields(
    files.map(({ path }) => path),
    (path) => READERS[formats.get(path) ?? 'jsonl'](path),
  );
}

/**
 * Yields the documents of files one after the other. Throws `UserError` for files whose fields differ.
 */
export async function* sameFields(paths: readonly string[], read: (path: string) => AsyncIterable<Doc>): AsyncGenerator<Doc> {
  let known: { readonly path: string; readonly fields: string } | null = null;
  for (const path of paths) {
    let first = true;
    for await (const doc of read(path)) {
      if (first) {
        const fields: string = fieldsOf(doc).join(', ');
        known ??= { path, fields };
        if (fields !== known.fields)
          throw new UserError(
            `${path} has the fields ${fields}, and ${known.path} of the same split has ${known.fields}; give both the same`,
          );
        first = false;
      }
      yield doc;
    }
  }
}

import { UserError } from '../errors.js';
import { refusePlaceholderFile } from '../placeholder-file.js';
import { fieldsOf } from '../python/fields.js';
import type { Doc } from '../types.js';
import { readCsv } from './csv.js';
import { readJsonRows } from './jsonl.js';
import { readParquet } from './parquet.js';

/** The kinds of data files, by the ending of their names. */
export const DATA_FORMATS = ['jsonl', 'parquet', 'csv', 'tsv'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

const READERS: Readonly<Record<DataFormat, (file: string) => AsyncIterable<Doc>>> = {
  jsonl: (file) => readJsonRows([file]),
  parquet: readParquet,
  csv: (file) => readCsv(file, ','),
  tsv: (file) => readCsv(file, '\t'),
};

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
  let known: { readonly path: string; readonly fields: string } | null = null;
  for (const { path, format } of files) {
    let first = true;
    for await (const doc of READERS[format](path)) {
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

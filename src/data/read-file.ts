import { UserError } from '../errors.js';
import { refusePlaceholderFile } from '../placeholder-file.js';
import { fieldsOf } from '../python/fields.js';
import type { Doc } from '../types.js';
import { readJsonRows } from './jsonl.js';

/** The kinds of data files, by the ending of their names. */
export const DATA_FORMATS = ['jsonl', 'parquet', 'csv', 'tsv'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** A data file and how to read it. */
export interface DataFile {
  readonly path: string;
  readonly format: DataFormat;
  /** Between the fields of CSV; absent: a comma. */
  readonly separator?: string;
}

/** Readers of formats that a run may not meet are loaded when it does: their libraries take a tenth of the time in which the program starts. */
async function* readFile({ path, format, separator = ',' }: DataFile): AsyncGenerator<Doc> {
  if (format === 'jsonl') yield* readJsonRows([path]);
  else if (format === 'parquet') yield* (await import('./parquet.js')).readParquet(path);
  else yield* (await import('./csv.js')).readCsv(path, format === 'tsv' ? '\t' : separator);
}

/**
 * Returns the format that a file name's ending names, or null.
 */
export function formatOf(name: string): DataFormat | null {
  return DATA_FORMATS.find((format) => name.endsWith(`.${format}`)) ?? null;
}

/**
 * Yields the documents of a split's files one after the other, all with the same fields. Of JSON lines, `before` are the files of the data's first split, whose fields and types are
 * those of all. Throws `UserError` for a file that stands in for another (a Git LFS pointer, a web page) and for files whose fields differ, where they are no JSON lines.
 */
export async function* readFiles(files: readonly DataFile[], before: readonly string[] = []): AsyncGenerator<Doc> {
  const paths = files.map(({ path }) => path);
  for (const path of paths) await refusePlaceholderFile(path);
  if (files.every(({ format }) => format === 'jsonl')) {
    yield* readJsonRows(paths, before);
    return;
  }
  let known: { readonly path: string; readonly fields: string } | null = null;
  for (const file of files) {
    const { path } = file;
    let first = true;
    for await (const doc of readFile(file)) {
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

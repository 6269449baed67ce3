import { refusePlaceholderFile } from '../placeholder-file.js';
import type { Doc } from '../types.js';
import { readCsv } from './csv.js';
import { readJsonLines } from './jsonl.js';
import { readParquet } from './parquet.js';

/** The kinds of data files, by the ending of their names. */
export const DATA_FORMATS = ['jsonl', 'parquet', 'csv', 'tsv'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

const READERS: Readonly<Record<DataFormat, (file: string) => AsyncIterable<Doc>>> = {
  jsonl: readJsonLines,
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
 * Yields the documents of files one after the other. Throws `UserError` for a file that stands in for another (a Git LFS pointer, a web page).
 */
export async function* readFiles(files: readonly DataFile[]): AsyncGenerator<Doc> {
  for (const { path, format } of files) {
    await refusePlaceholderFile(path);
    yield* READERS[format](path);
  }
}

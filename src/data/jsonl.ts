import { messageOf, UserError } from '../errors.js';
import { isFields } from '../python/equal.js';
import { fieldsOf } from '../python/fields.js';
import { isArray, MAX_LENGTH, parseJson } from '../python/json.js';
import type { Doc, Value } from '../types.js';
import { converterOf, emptyColumn, noteValue } from './json-columns.js';
import { readChunks, readLineBlocks } from './lines.js';

/** Documents that are kept while their types are found, so that a file of usual size is read once. */
const MAX_KEPT = 20_000;

/**
 * Yields the documents of the JSON lines files of a split with the types that `datasets` gives them (json-columns.ts): all have the same fields. The types
 * are those of all rows, so a large split is read twice; `before` are the files of the data's first split, whose fields and types are those of all. Throws `UserError` as `readJsonLines`, before the first document.
 */
export async function* readJsonRows(
  files: readonly string[],
  before: readonly string[] = [],
  maxKept: number = MAX_KEPT,
): AsyncGenerator<Doc> {
  const column = emptyColumn();
  for (const file of before) for await (const doc of readJsonFile(file)) noteValue(column, doc);
  const given = before.length === 0 ? null : new Set(column.fields.keys());
  const kept: Doc[] = [];
  let rows = 0;
  for (const file of files) {
    for await (const doc of readJsonFile(file)) {
      noteValue(column, doc);
      const extra = given === null ? undefined : fieldsOf(doc).find((name) => !given.has(name));
      if (extra !== undefined)
        throw new UserError(`${file}: the field '${extra}' is in no row of the first split; all splits have the same fields`);
      if (rows++ < maxKept) kept.push(doc);
      else kept.length = 0;
    }
  }
  const convert = converterOf(column);
  const typed = (doc: Doc): Doc => {
    const value = convert === null ? doc : convert(doc);
    return isFields(value) ? value : doc;
  };
  if (rows <= maxKept) {
    for (const doc of kept) yield typed(doc);
    return;
  }
  for (const file of files) for await (const doc of readJsonFile(file)) yield typed(doc);
}

/** Documents of a file of JSON lines, or of one JSON list of objects. */
async function* readJsonFile(file: string): AsyncGenerator<Doc> {
  if (!(await isList(file))) {
    yield* readJsonLines(file);
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readChunks(file)) {
    bytes += chunk.length;
    if (bytes > MAX_LENGTH) throw new UserError(`${file}: a JSON list of more than ${MAX_LENGTH} bytes; write one object a line (.jsonl)`);
    chunks.push(chunk);
  }
  let list: Value;
  try {
    list = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw new UserError(`${file}: ${messageOf(error)}; expected one JSON object a line, or a list of objects`);
  }
  for (const [i, item] of (isArray(list) ? list : [list]).entries()) {
    if (!isFields(item)) throw new UserError(`${file}, item ${i + 1}: expected a JSON object, found ${kindOf(item)}`);
    yield item;
  }
}

/** True where the first character that is no blank opens a list. */
async function isList(file: string): Promise<boolean> {
  for await (const chunk of readChunks(file)) {
    const first = /[^\s\ufeff]/u.exec(chunk.toString('utf8'))?.[0];
    if (first !== undefined) return first === '[';
  }
  return false;
}

/**
 * Yields the documents of a JSON lines file: one object a line, fields in their order and untouched, as `json.loads` reads them; blank lines are skipped.
 * `chunks` replaces the file's content. Throws `UserError` naming file and line for text that is no JSON or no object.
 */
export async function* readJsonLines(file: string, chunks?: AsyncIterable<Buffer>): AsyncGenerator<Doc> {
  for await (const lines of readLineBlocks(file, chunks)) {
    for (const line of lines) {
      if (line.text.trim() !== '') yield parseLine(file, line.number, line.text);
    }
  }
}

function parseLine(file: string, number: number, text: string): Doc {
  let value: Value;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${file}, line ${number}: ${messageOf(error)}; each line must be one JSON object`);
  }
  if (!isFields(value)) throw new UserError(`${file}, line ${number}: expected a JSON object, found ${kindOf(value)}`);
  return value;
}

function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'boolean' ? 'a boolean' : 'a number';
}

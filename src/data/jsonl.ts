import { messageOf, UserError } from '../errors.js';
import { PyFloat } from '../python/float.js';
import { isArray, parseJson } from '../python/json.js';
import type { Doc, Value } from '../types.js';
import { readLineBlocks } from './lines.js';

/**
 * Yields the documents of a JSON lines file: one object a line, fields in their order and untouched; blank lines are skipped.
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
  if (!isDoc(value)) throw new UserError(`${file}, line ${number}: expected a JSON object, found ${kindOf(value)}`);
  return value;
}

function isDoc(value: Value): value is Doc {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof PyFloat);
}

function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'boolean' ? 'a boolean' : 'a number';
}

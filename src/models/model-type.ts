/** The one fact of `config.json` that encoding needs. */
import path from 'node:path';
import { isObject } from '../is-object.js';
import { parseJsonFile, readTextIfThere } from '../json-file.js';

/**
 * True for models whose prompts always get one BOS, as in the harness: those whose `model_type` contains "gemma".
 */
export function needsBos(modelType: string): boolean {
  return modelType.includes('gemma');
}

/**
 * Returns whether prompts of the model in `folder` get a BOS (`needsBos`).
 * Without a `config.json` (a folder with tokenizer files only) it is false.
 *
 * Throws `UserError` when the file is there and broken.
 */
export async function addsBos(folder: string): Promise<boolean> {
  const file = path.join(folder, 'config.json');
  const text = await readTextIfThere(file);
  if (text === null) return false;
  const config = parseJsonFile(text, file);
  return isObject(config) && 'model_type' in config && needsBos(String(config.model_type));
}

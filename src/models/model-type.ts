/** The one fact of `config.json` that encoding needs. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { parseJsonFile } from '../json-file.js';

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
  try {
    const config = parseJsonFile(await readFile(file, 'utf8'), file);
    return typeof config === 'object' && config !== null && 'model_type' in config && needsBos(String(config.model_type));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    if (error instanceof UserError) throw error;
    throw new UserError(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

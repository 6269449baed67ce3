/** The one fact of `config.json` that encoding needs. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';

/**
 * Returns whether prompts of the model in `folder` get a BOS: the harness adds one where `model_type` contains "gemma".
 * Without a `config.json` (a folder with tokenizer files only) it is false.
 *
 * Throws `UserError` when the file is there and broken.
 */
export async function addsBos(folder: string): Promise<boolean> {
  const file = path.join(folder, 'config.json');
  try {
    const config: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof config === 'object' && config !== null && 'model_type' in config && String(config.model_type).includes('gemma');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw new UserError(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

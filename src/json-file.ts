/** Reads the JSON files of models: small files that Python wrote and that downloads may have left in any state. */
import { readFile } from 'node:fs/promises';
import { messageOf, systemCode, UserError } from './errors.js';
import { refusePlaceholder } from './placeholder-file.js';
import { parsePlainJson } from './python/plain-json.js';

/** Returns the text of a file, null where there is none. Throws `UserError` where it cannot be read. */
export async function readTextIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw new UserError(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Returns what to add to the message about a text that is no JSON, where it does not end as an object or list ends; else empty.
 */
function cutShort(text: string): string {
  return /[\]}]\s*$/.test(text.slice(-100)) ? '' : '; the file is cut short: fetch it again';
}

/**
 * Returns the value of a file's text, `NaN` and `Infinity` included; `file` is for messages.
 * Throws `UserError` for a file that is empty, cut short, no JSON, or stands in for another (a Git LFS pointer, a web page).
 */
export function parseJsonFile(text: string, file: string): unknown {
  refusePlaceholder(text, file);
  if (text.trim() === '') throw new UserError(`${file}: is empty: its download or copy was interrupted; fetch it again`);
  try {
    return parsePlainJson(text);
  } catch (error) {
    throw new UserError(`${file}: not JSON: ${messageOf(error)}${cutShort(text)}`);
  }
}

/**
 * Reads such a file; `absent` is what the message says where it is not there. Throws `UserError` as `parseJsonFile` does.
 */
export async function readJsonFile(file: string, absent: string): Promise<{ value: unknown; text: string }> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`${file}: ${systemCode(error) === 'ENOENT' ? `no such file${absent}` : messageOf(error)}`);
  });
  return { value: parseJsonFile(text, file), text };
}

import { UserError } from '../errors.js';

/**
 * Returns a key or token without blanks around it, or null where there is none. Throws `UserError` for one with characters that no header can hold (a line
 * break between two keys, a typographic quote); names `source`, where it comes from, and `kind`, what it is, and shows nothing of it.
 */
export function checkKey(text: string | undefined, source: string, kind = 'key'): string | null {
  const key = text?.trim() ?? '';
  if (key === '') return null;
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UserError(
      `${source} holds characters that no ${kind} has (a blank, a line break or a letter outside ASCII); it must hold one ${kind} alone`,
    );
  return key;
}

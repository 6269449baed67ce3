/** From a name (of a model, a task, a machine) to the name of a file or folder that every system takes. */
import { createHash } from 'node:crypto';

/** Bytes of a file name that are ours to fill: file systems allow 143 to 255, and times and endings are put behind the name. */
const MAX_BYTES = 120;
const DIGEST_DIGITS = 12;
/** Names of devices on Windows, also with an ending behind them. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

/**
 * Returns the name of a file or folder for `name`: `/` and `\` become `__`, as in the harness; composed letters (NFC); `_` for every
 * character that some system refuses. It is no hidden file, no device and no way out of a folder, has no dot at its end, and at most
 * 120 bytes: a longer one is cut and ends with a digest of the whole name. Different short names may give the same file name
 * (`a b` and `a_b`): who must tell them apart compares what is in the file, see `foldedName` for names that only some systems tell apart.
 */
export function fileNameOf(name: string): string {
  let flat = name
    .normalize('NFC')
    .replace(/[/\\]/g, '__')
    .replace(/[^\p{L}\p{N}._@+=-]/gu, '_')
    .replace(/\.+$/, (dots) => '_'.repeat(dots.length))
    .replace(/^\./, '_');
  if (flat === '' || DEVICE.test(flat)) flat = `_${flat}`;
  if (Buffer.byteLength(flat) <= MAX_BYTES) return flat;
  const digest = createHash('sha256').update(name.normalize('NFC')).digest('hex').slice(0, DIGEST_DIGITS);
  return `${firstBytes(flat, MAX_BYTES - DIGEST_DIGITS - 1)}-${digest}`;
}

/**
 * Returns a key that two file names share exactly if a file system of Windows or macOS takes them for the same one: it ignores case and
 * how letters are composed.
 */
export function foldedName(fileName: string): string {
  return fileName.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** The longest beginning of whole characters that has at most `bytes` bytes in UTF-8. */
function firstBytes(text: string, bytes: number): string {
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}

/** Standard output is for the result, standard error for everything else. */

/**
 * Writes a line to standard error.
 */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Writes a text of one line or several to standard output.
 */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Writes a value to standard output as JSON.
 */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/**
 * Returns a word as it can be pasted into a shell.
 */
export function quoted(word: string): string {
  return /^[\w./:@%+=,*-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

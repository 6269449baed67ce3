/** Log-probabilities of sample files, to hold two programs' scores against each other. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The sample file of a run of one task whose results are in `out`. Throws where there is none.
 */
export function sampleFile(out: string): string {
  const folder = readdirSync(out).find((name) => !name.startsWith('.')) ?? '';
  const file = readdirSync(path.join(out, folder)).find((name) => name.startsWith('samples_'));
  if (file === undefined) throw new Error(`${out}: no sample file`);
  return path.join(out, folder, file);
}

/**
 * All log-probabilities of a file with one document a line, in its order; none for generated texts.
 */
export function scoresOf(file: string): number[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { resps }: { readonly resps: unknown } = JSON.parse(line);
      return numbersOf(resps);
    });
}

/** Whatever the nesting. */
function numbersOf(x: unknown): number[] {
  if (!Array.isArray(x)) return [];
  if (x.length === 2 && !Array.isArray(x[0])) return [Number(x[0])];
  return x.flatMap(numbersOf);
}

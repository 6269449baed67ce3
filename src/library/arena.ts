import path from 'node:path';
import { type BattleRow, battlesOfRows, QUESTIONS, type Question, readBattles } from '../arena/battles.js';
import { type ArenaFit, fitUnhurried } from '../arena/fit.js';
import { fitCsv } from '../arena/report.js';
import { isObject } from '../is-object.js';
import { writeFiles } from '../leaderboard/write-files.js';
import { type Checks, NAME, needed, numberFrom, type Optional, oneOf, refuseAborted, SIGNAL, SWITCH, wholeFrom } from '../options.js';

export type ArenaOptions = {
  /** A CSV file (docs/arena.md), or its rows: fields by the names of its columns. */
  readonly battles: string | readonly BattleRow[];
} & Optional<{
  /** Which vote; `global` without it. */
  question: Question;
  /** Rounds and seed of the bootstrap; 100 and 1234 without them. */
  rounds: number;
  seed: number;
  /** Confidence level of the intervals; 0.9 without it. */
  level: number;
  /** Leave out models that cannot be compared with the others, instead of refusing. */
  largestGroup: boolean;
  signal: AbortSignal;
}>;

const isRow = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((cell) => typeof cell === 'string' || typeof cell === 'number');

export const ARENA_CHECKS: Checks<ArenaOptions> = {
  battles: needed({
    expected: 'a CSV file, or a list of rows such as { model_a, model_b, winner }',
    fits: (value) => NAME.fits(value) || (Array.isArray(value) && value.every(isRow)),
  }),
  question: oneOf(...QUESTIONS),
  rounds: wholeFrom(0),
  seed: wholeFrom(0),
  level: numberFrom(0.01, 0.999),
  largestGroup: SWITCH,
  signal: SIGNAL,
};

/**
 * Fits Bradley-Terry scores (mean 1000) with bootstrap intervals. Throws `UserError` when battles cannot be read, or the models have no common scale; `InterruptedError` once
 * `signal` is aborted, between two rounds too.
 */
export async function fitArena(options: ArenaOptions): Promise<ArenaFit> {
  const { battles, question = 'global', signal } = options;
  refuseAborted(signal);
  const read = typeof battles === 'string' ? await readBattles(battles, question) : battlesOfRows(battles, question);
  refuseAborted(signal);
  const { rounds = 100, seed = 1234, level = 0.9, largestGroup = false } = options;
  return fitUnhurried(read, { rounds, seed, level, largestGroup }, () => refuseAborted(signal));
}

/**
 * Writes a fit as `arena-<question>.json` and `.csv` into the folder `out`, or as the one file that `out` names with such an ending. Returns the paths.
 */
export async function writeFit(fit: ArenaFit, out: string): Promise<string[]> {
  const json = `${JSON.stringify(fit, null, 1)}\n`;
  const csv = fitCsv(fit);
  const { base, dir, ext } = path.parse(out);
  if (ext === '.json' || ext === '.csv') return writeFiles(dir === '' ? '.' : dir, new Map([[base, ext === '.json' ? json : csv]]));
  const name = `arena-${fit.question}`;
  return writeFiles(
    out,
    new Map([
      [`${name}.json`, json],
      [`${name}.csv`, csv],
    ]),
  );
}

/** The line of an average over benchmarks. */
import { meanInterval, signFlipTest } from './average.js';
import { normalTail, twoSided } from './normal.js';
import type { Row, RowName } from './row.js';

/**
 * Returns the line of a plain mean over benchmarks (a language, a group of a policy). All paired with right-or-wrong outcomes: sign-flip test
 * and MOVER interval; otherwise a z-test on the combined standard errors.
 */
export function averageRow(name: RowName, members: readonly Row[], seed: number): Row {
  const k = members.length;
  const mean = (of: (row: Row) => number): number => members.reduce((sum, row) => sum + of(row), 0) / k;
  const all = (of: (row: Row) => number | null): number | null =>
    members.reduce<number | null>((sum, row) => {
      const value = of(row);
      return sum === null || value === null ? null : sum + value;
    }, 0);
  const exact = members.every((row) => row.test === 'McNemar');
  const variance = all((row) => (row.stderr === null ? null : row.stderr ** 2));
  const stderr = variance === null ? null : Math.sqrt(variance) / k;
  const difference = mean((row) => row.difference);
  const limits = members.flatMap((row) =>
    row.low === null || row.high === null ? [] : [{ low: row.low, high: row.high, difference: row.difference }],
  );
  const interval = limits.length === k ? meanInterval(limits) : { low: null, high: null };
  const z = stderr === null ? null : stderr === 0 ? 0 : difference / stderr;
  const flips = (withNoise: boolean): { n: number; up: number; down: number }[] =>
    members.map((row) => ({
      n: row.n,
      up: (row.flipsUp ?? 0) - (withNoise ? 0 : row.noise.up),
      down: (row.flipsDown ?? 0) - (withNoise ? 0 : row.noise.down),
    }));
  return {
    ...name,
    n: members.reduce((sum, row) => sum + row.n, 0),
    base: mean((row) => row.base),
    candidate: mean((row) => row.candidate),
    difference,
    ...interval,
    p: exact ? signFlipTest(flips(true), seed).p : z === null ? null : twoSided(z),
    pDrop: exact ? signFlipTest(flips(false), seed).pDrop : z === null ? null : normalTail(-z),
    test: exact ? 'sign flip' : z === null ? 'none' : 'z, unpaired',
    paired: members.every((row) => row.paired),
    flipsUp: all((row) => row.flipsUp),
    flipsDown: all((row) => row.flipsDown),
    noise: { up: members.reduce((sum, row) => sum + row.noise.up, 0), down: members.reduce((sum, row) => sum + row.noise.down, 0) },
    tasks: [],
    flips: [],
    stderr,
    flipped: exact ? members.flatMap((row) => row.flipped ?? []) : null,
    baseUnscored: members.reduce((sum, row) => sum + row.baseUnscored, 0),
    candidateUnscored: members.reduce((sum, row) => sum + row.candidateUnscored, 0),
    missing: members.reduce((sum, row) => sum + row.missing, 0),
    notes: [],
  };
}

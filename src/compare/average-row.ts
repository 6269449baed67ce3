/** The line of an average over benchmarks. */
import { meanInterval, signFlipTest } from './average.js';
import type { Flips } from './mcnemar.js';
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
  const noise = { up: sum(members, (row) => row.noise.up), down: sum(members, (row) => row.noise.down) };
  const flips = members.map((row) => ({ n: row.n, up: row.flipsUp ?? 0, down: row.flipsDown ?? 0 }));
  const whole = exact ? signFlipTest(flips, seed) : null;
  const noisy = exact && noise.up + noise.down > 0;
  const cleaned = noisy ? signFlipTest(members.map(withoutNoise), seed) : whole;
  return {
    ...name,
    n: sum(members, (row) => row.n),
    base: mean((row) => row.base),
    candidate: mean((row) => row.candidate),
    difference,
    ...interval,
    p: whole !== null ? whole.p : z === null ? null : twoSided(z),
    pDrop: cleaned !== null ? cleaned.pDrop : z === null ? null : normalTail(-z),
    test: exact ? 'sign flip' : z === null ? 'none' : 'z, unpaired',
    paired: members.every((row) => row.paired),
    flipsUp: all((row) => row.flipsUp),
    flipsDown: all((row) => row.flipsDown),
    noise,
    tasks: [],
    flips: [],
    stderr,
    flipped: exact ? members.flatMap((row) => row.flipped ?? []) : null,
    baseUnscored: sum(members, (row) => row.baseUnscored),
    candidateUnscored: sum(members, (row) => row.candidateUnscored),
    missing: sum(members, (row) => row.missing),
    notes: [],
  };
}

function withoutNoise({ n, flipsUp, flipsDown, noise }: Row): Flips {
  return { n, up: (flipsUp ?? 0) - noise.up, down: (flipsDown ?? 0) - noise.down };
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

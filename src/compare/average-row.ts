/** The line of an average over benchmarks. */

import { normalTail, twoSided } from '../statistics/normal.js';
import { meanInterval, signFlipTest } from './average.js';
import type { Flips } from './mcnemar.js';
import { gainOf, type Row, type RowName, zOf } from './row.js';

/**
 * Returns the members of an average that can be averaged: those that count in one direction and one unit, as most of them do (shares of which more is
 * better where as many count otherwise). A mean of accuracies and perplexities says nothing.
 */
export function oneKind<T extends Pick<Row, 'higherIsBetter' | 'share'>>(members: readonly T[]): readonly T[] {
  const kinds = [true, false].flatMap((share) => [true, false].map((higher) => ({ share, higher })));
  const groups = kinds.map(({ share, higher }) => members.filter((row) => row.share === share && row.higherIsBetter === higher));
  return groups.reduce((most, group) => (group.length > most.length ? group : most), []);
}

/**
 * Returns the line of a plain mean over benchmarks of one kind (a language, a group of a policy). All paired with right-or-wrong outcomes: sign-flip test
 * and MOVER interval; otherwise a z-test on the combined standard errors.
 */
export function averageRow(name: Omit<RowName, 'higherIsBetter'>, members: readonly Row[], seed: number): Row {
  const k = members.length;
  const [first] = members;
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
  const z = zOf(mean(gainOf), stderr);
  const noise = { up: sum(members, (row) => row.noise.up), down: sum(members, (row) => row.noise.down) };
  const whole = exact ? signFlipTest(members.map(flipsOf), seed) : null;
  const noisy = exact && noise.up + noise.down > 0;
  const cleaned = noisy ? signFlipTest(members.map(withoutNoise), seed) : whole;
  // As in the mean, a document has the weight of its benchmark.
  const weight = (row: Row): number => (row.n === null || row.n === 0 ? 0 : 1 / row.n);
  return {
    ...name,
    higherIsBetter: first?.higherIsBetter ?? true,
    share: first?.share ?? true,
    n: all((row) => row.n),
    base: mean((row) => row.base),
    candidate: mean((row) => row.candidate),
    difference,
    ...interval,
    p: whole !== null ? whole.p : z === null ? null : twoSided(z),
    pDrop: whole !== null ? whole.pDrop : z === null ? null : normalTail(-z),
    pDropClean: cleaned !== null ? cleaned.pDrop : z === null ? null : normalTail(-z),
    drift: {
      sum: sum(members, (row) => weight(row) * row.drift.sum),
      squares: sum(members, (row) => weight(row) ** 2 * row.drift.squares),
    },
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

/** Only for lines tested on flips, which have all three numbers. */
function flipsOf({ benchmark, n, flipsUp, flipsDown }: Row): Flips {
  if (n === null || flipsUp === null || flipsDown === null) throw new Error(`${benchmark}: no flips to average`);
  return { n, up: flipsUp, down: flipsDown };
}

function withoutNoise(row: Row): Flips {
  const { n, up, down } = flipsOf(row);
  return { n, up: up - row.noise.up, down: down - row.noise.down };
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

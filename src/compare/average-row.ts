/** The line of an average over benchmarks. */

import { at } from '../at.js';
import type { Flips } from '../statistics/mcnemar.js';
import { meanInterval, signFlipTest } from '../statistics/sign-flip.js';
import { sumOf } from '../statistics/sums.js';
import { gainOf, NO_REST, type Row, type RowName, zTest } from './row.js';

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
 * Returns the line of a plain mean over benchmarks of one kind, at least one (a language, a group of a policy). All paired with right-or-wrong outcomes:
 * sign-flip test and MOVER interval; otherwise a z-test on the combined standard errors.
 */
export function averageRow(name: Omit<RowName, 'higherIsBetter'>, members: readonly Row[], seed: number): Row {
  const k = members.length;
  const { higherIsBetter, share } = at(members, 0);
  const sum = (of: (row: Row) => number): number => sumOf(members, of);
  const mean = (of: (row: Row) => number): number => sum(of) / k;
  const all = (of: (row: Row) => number | null): number | null => {
    const known = members.flatMap((row) => of(row) ?? []);
    return known.length < k ? null : sumOf(known, (value) => value);
  };
  const exact = members.every((row) => row.test === 'McNemar');
  const variance = all((row) => (row.stderr === null ? null : row.stderr ** 2));
  const stderr = variance === null ? null : Math.sqrt(variance) / k;
  const limits = members.flatMap(({ low, high, difference }) => (low === null || high === null ? [] : [{ low, high, difference }]));
  // As in the mean, a document has the weight of its benchmark.
  const weight = (row: Row): number => (row.n === null || row.n === 0 ? 0 : 1 / row.n);
  return {
    ...name,
    ...NO_REST,
    higherIsBetter,
    share,
    n: all((row) => row.n),
    base: mean((row) => row.base),
    candidate: mean((row) => row.candidate),
    difference: mean((row) => row.difference),
    ...(limits.length === k ? meanInterval(limits) : { low: null, high: null }),
    ...(exact ? signFlip(members, seed) : zTest(mean(gainOf), stderr)),
    drift: { sum: sum((row) => weight(row) * row.drift.sum), squares: sum((row) => weight(row) ** 2 * row.drift.squares) },
    paired: members.every((row) => row.paired),
    flipsUp: all((row) => row.flipsUp),
    flipsDown: all((row) => row.flipsDown),
    noise: { up: sum((row) => row.noise.up), down: sum((row) => row.noise.down) },
    stderr,
    flipped: exact ? members.flatMap((row) => row.flipped ?? []) : null,
    baseUnscored: sum((row) => row.baseUnscored),
    candidateUnscored: sum((row) => row.candidateUnscored),
    missing: sum((row) => row.missing),
  };
}

function signFlip(members: readonly Row[], seed: number): Pick<Row, 'p' | 'pDrop' | 'pDropClean' | 'test'> {
  const whole = signFlipTest(members.map(flipsOf), seed);
  const noisy = members.some(({ noise }) => noise.up + noise.down > 0);
  return { ...whole, pDropClean: noisy ? signFlipTest(members.map(withoutNoise), seed).pDrop : whole.pDrop, test: 'sign flip' };
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

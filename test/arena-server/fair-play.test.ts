import { describe, expect, it } from 'vitest';
import { FLAG_KINDS, type FlagKind, flagsOf, normalPrompt, oneSide } from '../../src/arena-server/fair-play.js';
import { binomialTail } from '../../src/statistics/binomial.js';
import { Chance, SENDERS, STRENGTHS, type VoterKind, votesOf } from './voters.js';

/** Share of voters of a kind with a flag, by flag; `any`: with at least one. */
function rates(kind: VoterKind, votes: number, voters: number, seed: number): Record<FlagKind | 'any', number> {
  const chance = new Chance(seed);
  const counts = Object.fromEntries(['any', ...FLAG_KINDS].map((k) => [k, 0])) as Record<FlagKind | 'any', number>;
  for (let i = 0; i < voters; i++) {
    const flags = flagsOf('p', votesOf(kind, votes, chance), STRENGTHS, SENDERS);
    if (flags.length > 0) counts.any += 1 / voters;
    for (const { kind: found } of flags) counts[found] += 1 / voters;
  }
  return counts;
}

describe('error rates', () => {
  it.each([10, 30, 60, 150])('fewer than 1 in 100 honest voters of %i votes is flagged', (votes) => {
    const found = rates('honest', votes, 500, 7 + votes);
    expect(found.any, JSON.stringify(found)).toBeLessThan(0.01);
  });

  it.each([
    ['hasty', 'too-fast', 10, 0.95],
    ['left', 'one-side', 60, 0.95],
    ['same', 'same-answer', 20, 0.99],
    ['repeats', 'repeated-prompts', 10, 0.9],
    ['empty', 'empty-prompts', 10, 0.9],
    ['script', 'shared-prompts', 10, 0.99],
    ['random', 'random', 150, 0.9],
    ['pushes', 'one-model', 400, 0.5],
  ] as const)('%s: flagged as %s with %i votes, in a share of at least %f', (kind, flag, votes, least) => {
    expect(rates(kind, votes, 100, 3)[flag]).toBeGreaterThanOrEqual(least);
  });
});

describe('parts', () => {
  // P(X >= k) from scipy.stats.binom.sf(k - 1, n, p).
  it.each([
    [18, 20, 0.6, 0.003611472059],
    [50, 60, 0.6, 0.0000889329940753],
    [0, 5, 0.3, 1],
    [5, 5, 0.3, 0.00243],
  ])('binomial tail of %i of %i at %f', (k, n, p, tail) => {
    expect(binomialTail(k, n, p)).toBeCloseTo(tail, 9);
  });

  it('one side is a habit up to 60 %, and a side is named', () => {
    const [vote] = votesOf('left', 1, new Chance(1));
    if (vote === undefined) throw new Error('no vote');
    const votes = (left: number, right: number) => [
      ...Array.from({ length: left }, () => ({ ...vote, whole: 'a' as const })),
      ...Array.from({ length: right }, () => ({ ...vote, whole: 'b' as const })),
    ];
    expect(oneSide(votes(60, 40))).toBeNull();
    expect(oneSide(votes(2, 28))).toMatchObject({ about: 'b', count: 28, of: 30 });
  });

  it('equal prompts are found whatever their case, accents and punctuation', () => {
    expect(normalPrompt('  ¿Qué TAL,   estás? ')).toBe('que tal estas');
    expect(normalPrompt('Zer moduz?!')).toBe(normalPrompt('zer  moduz'));
    expect(normalPrompt('...')).toBe('');
  });
});

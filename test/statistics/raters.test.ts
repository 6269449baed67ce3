import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Label } from '../../src/safety/labels.js';
import { agreementOf } from '../../src/safety/rates.js';
import { clopperPearson } from '../../src/statistics/binomial.js';

interface Fixture {
  intervals: [k: number, n: number, confidence: number, low: number, high: number][];
  agreement: { labels: (Label | null)[][]; pairwise: number | null; fleissKappa: number | null; krippendorffAlpha: number | null }[];
}
const fixture: Fixture = JSON.parse(readFileSync(new URL('../../fixtures/safety/statistics.json', import.meta.url), 'utf8'));

/** Relative difference; null equals only null. */
function apart(mine: number | null, theirs: number | null): number {
  if (mine === null || theirs === null) return mine === theirs ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(mine - theirs) / Math.max(1e-3, Math.abs(theirs));
}

describe('exact binomial intervals', () => {
  test.each(fixture.intervals)('%d of %d at %d', (k, n, confidence, low, high) => {
    const mine = clopperPearson(k, n, confidence);
    expect(apart(mine.low, low)).toBeLessThan(1e-9);
    expect(apart(mine.high, high)).toBeLessThan(1e-9);
  });
  test('of nothing there is none', () => {
    expect(() => clopperPearson(0, 0)).toThrow(RangeError);
    expect(() => clopperPearson(3, 2)).toThrow(RangeError);
  });
});

describe('agreement of annotators', () => {
  test.each(fixture.agreement.map((one, i) => [i, one] as const))('case %d', (_, { labels, ...theirs }) => {
    const answers = labels.map((row) => ({
      labels: new Map(row.flatMap((label, i) => (label === null ? [] : [[`annotator ${i}`, label] as const]))),
    }));
    const mine = agreementOf(answers);
    expect(apart(mine.pairwise, theirs.pairwise)).toBeLessThan(1e-12);
    expect(apart(mine.fleissKappa, theirs.fleissKappa)).toBeLessThan(1e-12);
    expect(apart(mine.krippendorffAlpha, theirs.krippendorffAlpha)).toBeLessThan(1e-12);
  });
  test('of one annotator is not defined', () => {
    const alone = agreementOf([{ labels: new Map([['a', 'safe']]) }, { labels: new Map([['a', 'unsafe']]) }]);
    expect(alone).toEqual({
      items: 0,
      ratings: 0,
      annotators: 1,
      pairwise: null,
      fleissKappa: null,
      fleissItems: 0,
      krippendorffAlpha: null,
    });
  });
});

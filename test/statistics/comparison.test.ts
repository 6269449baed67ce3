import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { at } from '../../src/at.js';
import { binomialCdf, binomialTail } from '../../src/statistics/binomial.js';
import { bootstrapMean, bootstrapStrata } from '../../src/statistics/bootstrap.js';
import { holm } from '../../src/statistics/holm.js';
import { mcnemar, mcnemarDrop, pairedInterval } from '../../src/statistics/mcnemar.js';
import { normalQuantile, normalTail } from '../../src/statistics/normal.js';
import { detectablePaired, mcnemarPower } from '../../src/statistics/power.js';
import { meanInterval, signFlipTest } from '../../src/statistics/sign-flip.js';

const n = z.number();
const flips = z.object({ n, up: n, down: n });
const cases = z
  .object({
    mcnemar: z.array(z.object({ up: n, down: n, p: n, drop: n })),
    holm: z.array(z.object({ p: z.array(n), adjusted: z.array(n) })),
    tail: z.array(z.object({ z: n, p: n })),
    quantile: z.array(z.object({ p: n, z: n })),
    interval: z.array(flips.extend({ interval: z.tuple([n, n]) })),
    power: z.array(z.object({ n, psi: n, delta: n, alpha: n, power: n })),
    bootstrap: z.array(z.object({ data: z.array(n), low: n, high: n, stderr: n })),
    sign_flip: z.array(z.object({ parts: z.array(flips), p: n, drop: n })),
  })
  .parse(JSON.parse(readFileSync(new URL('scipy/cases.json', import.meta.url), 'utf8')));

const near = (actual: number, expected: number, tolerance = 1e-9): void => {
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(1e-12, Math.min(1, Math.abs(expected))),
  );
};

describe('against SciPy and statsmodels (scipy/make.py)', () => {
  it.each(cases.mcnemar)('McNemar, $up up and $down down', ({ up, down, p, drop }) => {
    near(mcnemar({ n: 20_000, up, down }), p);
    near(mcnemarDrop({ n: 20_000, up, down }), drop);
  });

  it.each(cases.holm)('Holm %#', ({ p, adjusted }) => {
    holm(p).forEach((value, i) => {
      near(value ?? Number.NaN, adjusted[i] ?? Number.NaN);
    });
  });

  it.each(cases.tail)('normal tail beyond $z', ({ z: at, p }) => near(normalTail(at), p));
  it.each(cases.quantile)('normal quantile of $p', ({ p, z: at }) => near(normalQuantile(p), at, 1e-9));

  it.each(cases.interval)('score interval, $up up and $down down of $n', ({ interval, ...counts }) => {
    const { low, high } = pairedInterval(counts);
    expect(low).toBeCloseTo(interval[0], 8);
    expect(high).toBeCloseTo(interval[1], 8);
  });

  it.each(cases.power)('power for a difference of $delta among $n (exact sum; ours is an approximation)', ({ power, ...c }) => {
    expect(Math.abs(mcnemarPower(c.n, c.psi, c.delta, c.alpha) - power)).toBeLessThan(0.02);
  });

  it.each(cases.bootstrap)('bootstrap interval %#, to Monte Carlo error', ({ data, low, high, stderr }) => {
    const b = bootstrapMean(data, 7, 10_000);
    // The standard error of a 2.5 % quantile of 10,000 rounds is about 0.027 standard deviations; outcomes are coarse as well.
    expect(Math.abs(b.low - low)).toBeLessThan(0.12 * stderr);
    expect(Math.abs(b.high - high)).toBeLessThan(0.12 * stderr);
    expect(Math.abs(b.stderr / stderr - 1)).toBeLessThan(0.03);
  });

  it.each(cases.sign_flip)('sign-flip test %#, to Monte Carlo error', ({ parts, p, drop }) => {
    const test = signFlipTest(parts, 3);
    expect(Math.abs(test.p - p)).toBeLessThan(0.01);
    expect(Math.abs(test.pDrop - drop)).toBeLessThan(0.01);
  });
});

describe('properties', () => {
  const outcome = fc
    .record({ n: fc.integer({ min: 1, max: 3000 }), up: fc.nat(3000), down: fc.nat(3000) })
    .filter((f) => f.up + f.down <= f.n);

  it('score intervals hold the estimate, mirror when the runs are exchanged, and never leave [-1, 1]', () => {
    fc.assert(
      fc.property(outcome, ({ n: documents, up, down }) => {
        const a = pairedInterval({ n: documents, up, down });
        const b = pairedInterval({ n: documents, up: down, down: up });
        expect(a.low).toBeLessThanOrEqual((up - down) / documents + 1e-9);
        expect(a.high).toBeGreaterThanOrEqual((up - down) / documents - 1e-9);
        expect(a.low).toBeCloseTo(-b.high, 8);
        expect(a.low).toBeGreaterThanOrEqual(-1);
        expect(a.high).toBeLessThanOrEqual(1);
        expect(a.high - a.low).toBeGreaterThan(0);
      }),
    );
  });

  it('one-sided p-values of both directions overlap by the chance of the outcome itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }), (up, down) => {
        const both = binomialCdf(up, up + down, 0.5) + binomialTail(up, up + down, 0.5);
        expect(both).toBeGreaterThanOrEqual(1 - 1e-9);
        expect(both).toBeLessThanOrEqual(2 + 1e-9);
      }),
    );
  });

  it('one benchmark’s average is tested as McNemar does', () => {
    for (const parts of [
      { n: 50, up: 2, down: 11 },
      { n: 300, up: 9, down: 4 },
    ]) {
      expect(signFlipTest([parts], 1).p).toBe(mcnemar(parts));
      // Twice the same benchmark with half of the flips each is thrown, not summed: the same up to Monte Carlo error where the halves are even.
      const even = { n: parts.n, up: 2, down: 6 };
      expect(signFlipTest([even, even], 1).p).toBeCloseTo(mcnemar({ n: 2 * parts.n, up: 4, down: 12 }), 2);
    }
  });

  it('nothing is significant when nothing flipped, and Holm ignores lines without a test', () => {
    expect(mcnemar({ n: 100, up: 0, down: 0 })).toBe(1);
    expect(signFlipTest([{ n: 100, up: 0, down: 0 }], 1)).toEqual({ p: 1, pDrop: 1 });
    expect(holm([0.02, null, 0.03])).toEqual([0.04, null, 0.04]);
  });

  it('detectable differences are those that the power formula sees four times in five', () => {
    for (const [documents, changed] of [
      [1715, 200],
      [352, 0],
      [43_240, 3000],
    ] as const) {
      const delta = detectablePaired([{ n: documents, flips: changed }], 0.05 / 29) ?? Number.NaN;
      expect(mcnemarPower(documents, changed / documents, delta, 0.05 / 29)).toBeCloseTo(0.8, 4);
    }
    expect(detectablePaired([{ n: 5, flips: 0 }], 0.05 / 29)).toBeNull();
    // Four benchmarks alike: the average sees about half of what one sees; and something even when nothing flipped.
    const one = { n: 1000, flips: 200 };
    const [alone, together] = [detectablePaired([one], 0.01), detectablePaired([one, one, one, one], 0.01)];
    expect((together ?? 0) / (alone ?? 1)).toBeCloseTo(0.5, 1);
    expect(
      detectablePaired(
        [
          { n: 24, flips: 0 },
          { n: 24, flips: 0 },
        ],
        0.01,
      ),
    ).toBeGreaterThan(0.1);
  });

  it('bootstraps give the same interval for the same seed and another for another', () => {
    const data = [0.1, -0.4, 0.3, 0.2, 0, -0.1];
    expect(bootstrapMean(data, 1, 500)).toEqual(bootstrapMean(data, 1, 500));
    expect(bootstrapMean(data, 1, 500)).not.toEqual(bootstrapMean(data, 2, 500));
    const cells = Uint8Array.from({ length: 400 }, (_, i) => i % 3);
    const stratum = { kindOf: cells, kinds: 3, value: (c: Float64Array) => (at(c, 1) - at(c, 0)) / 400 };
    const b = bootstrapStrata([stratum], 1, 4000);
    // Counts of 134 and 133 among 400: standard deviation of their difference sqrt(n (p1 + p0 - (p1 - p0)^2)).
    expect(b.stderr).toBeCloseTo(Math.sqrt(400 * (267 / 400)) / 400, 2);
    expect(b.low).toBeLessThan(0);
    expect(b.high).toBeGreaterThan(0);
  });

  it('the interval of an average of one is its own, of equal parts narrower by the root of their number', () => {
    const part = { low: -0.03, high: 0.05, difference: 0.01 };
    expect(meanInterval([part]).low).toBeCloseTo(-0.03, 12);
    expect(meanInterval([part, part, part, part]).high).toBeCloseTo(0.01 + 0.04 / 2, 12);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { ranks, spearman } from '../../src/statistics/spearman.js';

const { spearman: cases }: { spearman: { x: number[]; y: number[]; rho: number; p: number }[] } = JSON.parse(
  readFileSync(packagePath('fixtures/arena/expected.json'), 'utf8'),
);

describe('Spearman', () => {
  it.each(cases.map((c) => [c.x.length, c] as const))('of %i pairs is that of SciPy, ties and all', (n, c) => {
    const result = spearman(c.x, c.y);
    expect(result?.rho).toBeCloseTo(c.rho, 12);
    expect(result?.n).toBe(n);
    // SciPy's p of rho = 1 is 0; elsewhere they agree to ten digits.
    expect(Math.abs((result?.p ?? 1) - c.p)).toBeLessThan(1e-10 * Math.max(1, c.p));
  });

  it('gives equal values their mean rank, and nothing where nothing varies', () => {
    expect(ranks([5, 1, 5, 0])).toEqual([3.5, 2, 3.5, 1]);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(spearman([1, 2], [1, 2])).toBeNull();
    expect(spearman([1, 2, 3], [3, 2, 1])?.rho).toBe(-1);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { cohenKappa } from '../../src/statistics/agreement.js';
import { studentTail } from '../../src/statistics/student.js';

interface Table {
  readonly tails: readonly (readonly [number, number, number])[];
  readonly kappas: readonly { readonly first: string; readonly second: string; readonly kappa: number }[];
}

/** By SciPy and scikit-learn: `fixtures/scoring/agreement.py`. */
const table: Table = JSON.parse(readFileSync(packagePath('fixtures/scoring/agreement.json'), 'utf8'));

describe('statistics of agreement and order', () => {
  it.each(table.tails)('the tail of Student beyond %f with %i degrees of freedom is that of SciPy', (t, df, tail) => {
    expect(Math.abs(studentTail(t, df) / tail - 1)).toBeLessThan(1e-9);
  });

  it.each(table.kappas)("Cohen's kappa of $first and $second is that of scikit-learn", ({ first, second, kappa }) => {
    const found = cohenKappa([...first].map((a, i) => [a, second[i] ?? '']));
    expect(found.kappa).toBeCloseTo(kappa, 12);
    expect(found.agreement).toBeCloseTo([...first].filter((a, i) => a === second[i]).length / first.length, 12);
  });

  it('is not defined where both raters use one label only', () => {
    expect(
      cohenKappa([
        ['a', 'a'],
        ['a', 'a'],
      ]),
    ).toEqual({ n: 2, agreement: 1, kappa: null });
  });
});

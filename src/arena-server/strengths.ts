/** Strengths of models while there are few battles. */
import type { Battles } from '../arena/battles.js';
import { fitStrengths } from '../arena/bradley-terry.js';
import { at } from '../at.js';

/**
 * Returns log-strengths by model (mean 0), with one tie of each model against all others together as prior, so that they exist from the first battle on.
 */
export function strengthsOf({ models, pairs }: Pick<Battles, 'models' | 'pairs'>): ReadonlyMap<string, number> {
  if (models.length < 2) return new Map();
  const ties = 1 / models.length;
  const prior = models.flatMap((_, a) => models.slice(a + 1).map((__, i) => ({ a, b: a + 1 + i, winsA: 0, winsB: 0, ties })));
  const fitted = fitStrengths(models.length, [...pairs, ...prior]);
  return new Map(models.map((m, i) => [m, at(fitted, i)]));
}

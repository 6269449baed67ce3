/** The order of models. */
import type { Language } from '../types.js';
import type { BoardModel } from './board.js';

/**
 * Returns models by their average of a language, best first; incomplete averages behind all complete ones, then those without any, then by name.
 */
export function ranked(models: readonly BoardModel[], language: Language): BoardModel[] {
  return [...models].sort((a, b) => {
    const [x, y] = [a.averages[language], b.averages[language]];
    return (
      Number(y?.complete ?? false) - Number(x?.complete ?? false) ||
      Number(y !== null) - Number(x !== null) ||
      (y?.value ?? 0) - (x?.value ?? 0) ||
      (a.model < b.model ? -1 : 1)
    );
  });
}

/** Which models are shown, in what order, and with which ranks. */
import { at } from '../../at.js';
import type { BoardModel } from '../board.js';
import { LANGUAGES } from '../columns.js';
import { type Rank, rankRanges } from '../statistics.js';
import type { Column } from './columns.js';
import { languageOf, type Sort, type State } from './state.js';

/** Names of a model in the form that searches are compared in: small letters, no accents, hyphens and the like as blanks. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.+]+/gu, ' ')
    .trim();
}

/**
 * Returns what a search looks through: names as they are compared, and as they are for words of symbols, which `plain` leaves nothing of.
 */
export function searchText(names: readonly (string | null)[]): string {
  return [...names.map((name) => plain(name ?? '')), ...names].join('\n');
}

/**
 * Returns whether every word of a search is in a text of `searchText`.
 */
export function isFound(search: string, text: string): boolean {
  const words = search.split(/\s+/).flatMap((word) => (plain(word) === '' ? [word] : plain(word).split(' ')));
  return words.every((word) => text.includes(word));
}

/** Made once: typing compares every model with every letter. */
const texts = new WeakMap<BoardModel, string>();

/**
 * Returns whether a model fits search and filters. Every word of the search must be in its shown name, hub name, folder, variant, arena name, family, maker or
 * prompt family; hyphens, slashes and accents make no difference.
 */
export function fits(model: BoardModel, state: State): boolean {
  if (state.prompt !== '' && model.prompt !== state.prompt) return false;
  if (state.family !== '' && model.facts.family !== state.family) return false;
  if (state.completeOnly && LANGUAGES.some((l) => model.averages[l] !== null && model.averages[l]?.complete === false)) return false;
  const { family, maker } = model.facts;
  const names = [model.model, model.model_name, model.folder, model.variant, model.arena_name, family, maker, model.prompt];
  const text = texts.get(model) ?? searchText(names);
  texts.set(model, text);
  return isFound(state.search, text);
}

/**
 * Returns models sorted by a column (null: by name). What is missing stays at the end either way, before it what is incomplete; equals by name.
 */
export function sorted(models: readonly BoardModel[], column: Column | null, descending: boolean): BoardModel[] {
  const byName = (a: BoardModel, b: BoardModel): number => (a.model < b.model ? -1 : a.model > b.model ? 1 : 0);
  if (column === null) return [...models].sort((a, b) => (descending ? byName(b, a) : byName(a, b)));
  const keyed = models.map((model) => ({ model, value: column.sortValue(model), late: column.late(model) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null) || byName(a.model, b.model);
    if (a.late !== b.late) return Number(a.late) - Number(b.late);
    const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
    return (descending ? -order : order) || byName(a.model, b.model);
  });
  return keyed.map(({ model }) => model);
}

/**
 * Returns the ranks of models under a column, over all models of the board; a column without scores gives none.
 */
export function ranksBy(models: readonly BoardModel[], column: Column | null): ReadonlyMap<BoardModel, Rank> {
  if (column === null) return new Map();
  const ranks = rankRanges(models.map(column.score), !column.lowerIsBetter);
  return new Map(
    models.flatMap((model, i) => {
      const rank = at(ranks, i);
      return rank === null ? [] : [[model, rank] as const];
    }),
  );
}

/**
 * Returns what a tab is sorted by: what the reader chose where that column is there, else its average, else its first score.
 */
export function sortOf(state: State, columns: readonly Column[]): Sort {
  const { sort } = state;
  if (sort !== null && (sort.key === 'name' || columns.some(({ key }) => key === sort.key))) return sort;
  const wanted = languageOf(state.tab);
  const first =
    columns.find((c) => c.kind === 'average' && (wanted === null || c.language === wanted)) ??
    columns.find((c) => c.kind === 'benchmark') ??
    columns[0];
  return first === undefined ? { key: 'name', descending: false } : { key: first.key, descending: first.largestFirst };
}

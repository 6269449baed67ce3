/** What the page shows, as it stands in its address: every state has a link that survives a reload. */
import { languageFor, type PageLanguage } from '../../page/words.js';
import type { Language } from '../../types.js';
import { LANGUAGES } from '../columns.js';

export type Tab = 'overview' | Language | 'pictures' | 'arena' | 'notes';

/**
 * Returns the language whose benchmarks a tab shows; null for the other tabs.
 */
export function languageOf(tab: Tab): Language | null {
  return LANGUAGES.find((language) => language === tab) ?? null;
}

/**
 * Tells whether a tab shows the models as a table, or as cards on a telephone.
 */
export function isTable(tab: Tab): boolean {
  return tab === 'overview' || languageOf(tab) !== null;
}

/** What is sorted by: a column's key (`columns.ts`), `name` for the models' names. */
export interface Sort {
  readonly key: string;
  readonly descending: boolean;
}

export interface State {
  readonly language: PageLanguage;
  readonly tab: Tab;
  readonly search: string;
  /** Prompt family and model family; empty for all. */
  readonly prompt: string;
  readonly family: string;
  readonly completeOnly: boolean;
  readonly errors: boolean;
  /** Null for the tab's usual order and columns. */
  readonly sort: Sort | null;
  readonly columns: readonly string[] | null;
  /** Model that changes are relative to. */
  readonly base: string | null;
  /** Model or benchmark whose details are open, by name. */
  readonly model: string | null;
  readonly benchmark: string | null;
  /** Axes of the scatter, columns of the heat map, language of the timeline. */
  readonly x: string;
  readonly y: string;
  readonly heat: 'all' | Language | null;
  readonly over: string;
  /** Language whose averages the arena is held against. */
  readonly versus: string;
}

/** What an address may name. */
export interface Known {
  readonly tabs: readonly Tab[];
  readonly models: ReadonlySet<string>;
  readonly benchmarks: ReadonlySet<string>;
  readonly base: string | null;
}

/**
 * Returns the state that an address names; what it names that is not there is left out. `wishes` are languages in the order of preference.
 */
export function stateOf(hash: string, known: Known, wishes: readonly (string | null)[]): State {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const sort = given.get('sort');
  const columns = given.get('cols');
  const heat = given.get('heat');
  const inside = (name: string | null, names: ReadonlySet<string>): string | null => (name !== null && names.has(name) ? name : null);
  return {
    language: languageFor([given.get('lang'), ...wishes]),
    tab: known.tabs.find((tab) => tab === given.get('tab')) ?? 'overview',
    search: given.get('q') ?? '',
    prompt: given.get('prompt') ?? '',
    family: given.get('family') ?? '',
    completeOnly: given.get('complete') === '1',
    errors: given.get('se') !== '0',
    sort: sort === null || sort === '' ? null : { key: sort.replace(/^-/, ''), descending: sort.startsWith('-') },
    columns: columns === null ? null : columns.split(',').filter((key) => key !== ''),
    base: given.get('base') === '' ? null : (inside(given.get('base'), known.models) ?? known.base),
    model: inside(given.get('model'), known.models),
    benchmark: inside(given.get('bench'), known.benchmarks),
    x: given.get('x') ?? 'average_en',
    y: given.get('y') ?? 'average_eu',
    heat: heat === 'all' ? heat : (LANGUAGES.find((language) => language === heat) ?? null),
    over: given.get('over') ?? 'average_eu',
    versus: given.get('versus') ?? 'eu',
  };
}

/**
 * Returns the address of a state; what is as usual is left out. The language stands in it once it was chosen.
 */
export function hashOf(state: State, known: Known, languageChosen: boolean): string {
  const parts = new URLSearchParams();
  const put = (name: string, value: string | null, usual: string): void => {
    if (value !== null && value !== usual) parts.set(name, value);
  };
  put('tab', state.tab, 'overview');
  put('q', state.search, '');
  put('prompt', state.prompt, '');
  put('family', state.family, '');
  put('complete', state.completeOnly ? '1' : '', '');
  put('se', state.errors ? '1' : '0', '1');
  if (state.sort !== null) parts.set('sort', `${state.sort.descending ? '-' : ''}${state.sort.key}`);
  if (state.columns !== null) parts.set('cols', state.columns.join(','));
  put('base', state.base ?? '', known.base ?? '');
  put('x', state.x, 'average_en');
  put('y', state.y, 'average_eu');
  put('heat', state.heat, '');
  put('over', state.over, 'average_eu');
  put('versus', state.versus, 'eu');
  put('model', state.model, '');
  put('bench', state.benchmark, '');
  if (languageChosen) parts.set('lang', state.language);
  return `#${parts.toString()}`;
}

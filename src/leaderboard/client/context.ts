/// <reference lib="dom" />
/** What every part of the page is given: the data, the state, the words, and the way to change the state. */
import type { BOARD_WORDS } from '../../page/board-words.js';
import { LANGUAGE_WORDS } from '../../page/shared-words.js';
import { numberText, type PageLanguage, percentText, type Translate } from '../../page/words.js';
import { UNSEEN } from '../../tables/write-csv.js';
import type { Language } from '../../types.js';
import type { BoardModel } from '../board.js';
import { CATEGORIES } from '../columns.js';
import type { PageData } from '../page-data.js';
import type { Score } from '../statistics.js';
import type { State } from './state.js';

export type Words = Translate<typeof BOARD_WORDS>;

export interface Context {
  readonly data: PageData;
  readonly state: State;
  readonly t: Words;
  /** The base that changes are relative to, null without one. */
  readonly base: BoardModel | null;
  change(part: Partial<State>): void;
  /** Says something to screen readers. */
  say(text: string): void;
}

/** Confidence level of the intervals in pictures, which are `Z` standard errors wide to each side. */
const LEVEL = 0.95;

/**
 * Returns the level of the intervals as text, `95%`.
 */
export function levelText(language: PageLanguage): string {
  return percentText(LEVEL, language, 0);
}

/**
 * Returns a score as the page shows it: one decimal.
 */
export function scoreText(value: number, language: PageLanguage): string {
  return numberText(value, language, 1);
}

/**
 * Returns a score with its standard error where it has one.
 */
export function withError({ value, stderr }: Score, language: PageLanguage): string {
  return stderr === null ? scoreText(value, language) : `${scoreText(value, language)} ±${scoreText(stderr, language)}`;
}

/**
 * Returns a difference with its sign.
 */
export function signedText(value: number, language: PageLanguage): string {
  const text = scoreText(value, language);
  return value > 0 && text !== scoreText(0, language) ? `+${text}` : text;
}

/**
 * Returns a name without characters that nobody sees or that turn the direction of writing.
 */
export function seen(name: string): string {
  return name.replace(UNSEEN, ' ');
}

/**
 * Returns a language's name in the language of the page.
 */
export function languageName(language: Language, t: Words): string {
  return t(LANGUAGE_WORDS[language]);
}

/**
 * Returns the name of a category; categories of the user's own stay as they are.
 */
export function categoryName(category: string, t: Words): string {
  const known = CATEGORIES.find((one) => one === category);
  return known === undefined ? seen(category) : t(`category.${known}`);
}

/** Words of pages in three languages: how dictionaries are written and read. Runs in the browser too, so it imports nothing. */

/** Languages of pages, in the order of the switch. */
export const PAGE_LANGUAGES = ['eu', 'es', 'en'] as const;
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

/** A text, or two where a number decides; `{n}` and other names in braces are filled in. */
export type Phrase = string | { readonly one: string; readonly other: string };

export type Entry = Readonly<Record<PageLanguage, Phrase>>;
export type Dictionary = Readonly<Record<string, Entry>>;

/** Returns a phrase of a dictionary; `values.n` decides between `one` and `other`. Numbers are written as the language does. */
export type Translate<D extends Dictionary> = (key: keyof D & string, values?: Readonly<Record<string, string | number>>) => string;

/**
 * Returns the translator of a dictionary for one language.
 */
export function translator<D extends Dictionary>(dictionary: D, language: PageLanguage): Translate<D> {
  return (key, values = {}) => {
    const phrase = dictionary[key]?.[language] ?? key;
    const text = typeof phrase === 'string' ? phrase : values.n === 1 ? phrase.one : phrase.other;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === 'number' ? numberText(value, language) : value;
    });
  };
}

/**
 * Returns a number as the language writes it; with `digits`, that many behind the decimal sign. Basque and Spanish write a decimal comma.
 */
export function numberText(value: number, language: PageLanguage, digits?: number): string {
  return formatOf(language, digits, Math.abs(value) >= 10_000)
    .format(value)
    .replace('-', '\u2212');
}

/** Making a formatter takes longer than thousands of uses of it. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(language: PageLanguage, digits: number | undefined, useGrouping: boolean): Intl.NumberFormat {
  const key = `${language} ${digits} ${useGrouping}`;
  const options = digits === undefined ? { maximumFractionDigits: 3 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = formats.get(key) ?? new Intl.NumberFormat(LOCALES[language], { ...options, useGrouping });
  formats.set(key, format);
  return format;
}

/**
 * Returns a share of 0 to 1 in percent as the language writes it: `% 29,5`, `29,5 %`, `29.5%`.
 */
export function percentText(share: number, language: PageLanguage, digits = 1): string {
  const number = numberText(100 * share, language, digits);
  return language === 'eu' ? `%\u00a0${number}` : language === 'es' ? `${number}\u00a0%` : `${number}%`;
}

/** Browsers know no Basque (Chromium has no data of it); its numbers are written as the Spanish ones. */
const LOCALES: Readonly<Record<PageLanguage, string>> = { eu: 'es', es: 'es', en: 'en-GB' };

/**
 * Returns a day as the language writes it. `seconds` since the epoch.
 */
export function dayText(seconds: number, language: PageLanguage): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return '?';
  if (language === 'eu') return date.toISOString().slice(0, 10).replaceAll('-', '/');
  return new Intl.DateTimeFormat(LOCALES[language], { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' }).format(date);
}

/**
 * Returns the first of some wishes (`eu`, `es-ES`, ...) that is a language of pages; English where none is.
 */
export function languageFor(wishes: readonly (string | null | undefined)[]): PageLanguage {
  for (const wish of wishes) {
    const found = PAGE_LANGUAGES.find((language) => wish?.toLowerCase().split(/[-_]/)[0] === language);
    if (found !== undefined) return found;
  }
  return 'en';
}

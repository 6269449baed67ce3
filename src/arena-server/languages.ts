/** Which language of the page a browser wants. */
import { PAGE_LANGUAGES, type PageLanguage } from '../page/words.js';

/** Tells whether a text names a language of the page. */
export function isPageLanguage(text: unknown): text is PageLanguage {
  return PAGE_LANGUAGES.some((l) => l === text);
}

/**
 * Returns the language that a browser prefers among those of the page (`Accept-Language`, RFC 9110), or `otherwise`.
 */
export function preferredLanguage(header: string, otherwise: PageLanguage): PageLanguage {
  const wishes = header.split(',').map((wish) => {
    const [range = '', ...parameters] = wish.trim().split(';');
    const q = parameters.map((p) => /^\s*q=([\d.]+)/.exec(p)?.[1]).find((v) => v !== undefined);
    return { language: range.trim().toLowerCase().split('-')[0], q: q === undefined ? 1 : Number(q) };
  });
  const [best] = wishes.filter((w) => w.q > 0 && isPageLanguage(w.language)).sort((a, b) => b.q - a.q);
  return isPageLanguage(best?.language) ? best.language : otherwise;
}

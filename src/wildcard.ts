/** Names by wildcards: `*` is any text, `?` one character. */

/**
 * Returns the pattern that a word with wildcards stands for, or null for a word without them.
 */
export function wildcard(word: string): RegExp | null {
  if (!/[*?]/.test(word)) return null;
  const literal = word.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

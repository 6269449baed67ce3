import { distance } from 'fastest-levenshtein';

/** Names longer than this come from no one's keyboard; comparing them would take time by the square of their length. */
const LONGEST = 200;

/**
 * Returns the candidate nearest to `word` by edit distance, or null when nothing is reasonably near (more than half of it differs).
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > LONGEST) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.ceil(word.length / 2));
  for (const candidate of candidates) {
    if (candidate.length > LONGEST) continue;
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/**
 * Returns ` Did you mean X?` or an empty string, to end an error message with.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const name = nearest(word, candidates);
  return name === null ? '' : ` Did you mean ${name}?`;
}

import { distance } from 'fastest-levenshtein';

/** Names longer than this come from no one's keyboard; comparing them would take time by the square of their length. */
const LONGEST = 200;

/**
 * Returns the candidate nearest to `word` by edit distance, else the shortest that has it as one of its parts (`mgsm` of `mgsm_native_cot_eu`), or null when nothing is
 * reasonably near (more than half of it differs).
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > LONGEST) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.ceil(word.length / 2));
  const all = [...candidates];
  for (const candidate of all) {
    if (candidate.length > LONGEST) continue;
    const d = steps(word.toLowerCase(), candidate.toLowerCase());
    if (d < least) [best, least] = [candidate, d];
  }
  return best ?? withPart(word.toLowerCase(), all);
}

/** Parts of fewer letters are in names by chance. */
const LEAST_PART = 3;

function withPart(word: string, candidates: readonly string[]): string | null {
  if (word.length < LEAST_PART) return null;
  const found = candidates.filter((name) =>
    `_${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}_`.includes(`_${word.replaceAll(/[^a-z0-9]/g, '_')}_`),
  );
  return found.reduce((short: string | null, name) => (short === null || name.length < short.length ? name : short), null);
}

/** Edit distance; two neighbours that changed places, the commonest slip of a hand, are one step. */
function steps(word: string, candidate: string): number {
  const d = distance(word, candidate);
  if (d !== 2 || word.length !== candidate.length) return d;
  const at = [...word].findIndex((letter, i) => letter !== candidate[i]);
  return word[at] === candidate[at + 1] && word[at + 1] === candidate[at] ? 1 : d;
}

/**
 * Returns ` Did you mean X?` or an empty string, to end an error message with.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const name = nearest(word, candidates);
  return name === null ? '' : ` Did you mean ${name}?`;
}

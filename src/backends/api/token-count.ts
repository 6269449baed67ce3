import { sharedLength } from './neighbourhoods.js';

/** Counts the tokens of all prompts, as if nothing were shared and as if every shared prefix were computed once. */
interface TokenCount {
  /** Adds the prompts of one document; null where a prompt went out as text, so that its tokens are not known. */
  add(prompts: readonly (readonly number[] | null)[]): void;
  report(): { naiveTokens: number; distinctTokens: number };
}

/**
 * Returns a counter of tokens. `distinctTokens` knows prefixes shared within a document and with the document before it.
 */
export function createTokenCount(): TokenCount {
  let naiveTokens = 0;
  let distinctTokens = 0;
  let before: readonly (readonly number[])[] = [];
  return {
    add(prompts) {
      const seen: (readonly number[])[] = [];
      for (const prompt of prompts) {
        if (prompt === null) continue;
        // The last token is only a target.
        const input = prompt.slice(0, -1);
        naiveTokens += input.length;
        distinctTokens += input.length - Math.max(0, ...[...before, ...seen].map((other) => sharedLength(other, input)));
        seen.push(input);
      }
      before = seen;
    },
    report: () => ({ naiveTokens, distinctTokens }),
  };
}

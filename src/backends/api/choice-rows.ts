/** The choices of a document as a tree: which prompts must be followed by which tokens. Choices with a common beginning share its nodes. */
import type { TargetSequence } from '../../models/encode.js';

/** One node: the tokens that may follow `ids`. */
export interface RowQuestion {
  readonly ids: readonly number[];
  readonly wanted: readonly number[];
}

/** What is known of a node: the log-probability of every wanted token, and the arg max of the whole vocabulary. */
export interface RowAnswer {
  readonly logprobs: ReadonlyMap<number, number>;
  readonly best: number;
}

/** What is known so far of a document's questions; it outlives a failed try, so that nothing is asked twice. */
export type RowMemory = (RowAnswer | undefined)[];

export interface ChoiceRows {
  /** Shorter prompts first, so that a server's prefix cache holds the beginning of each when its turn comes. */
  readonly questions: readonly RowQuestion[];
  /** Per choice and token: the index of its question. */
  readonly places: readonly (readonly number[])[];
}

/**
 * Returns the distinct nodes of all choices.
 */
export function rowsOf(sequences: readonly TargetSequence[]): ChoiceRows {
  const nodes = new Map<string, { ids: readonly number[]; wanted: Set<number> }>();
  const keys = sequences.map(({ ids, targets }) =>
    targets.map((target, i) => {
      const prompt = ids.slice(0, ids.length - targets.length + 1 + i);
      const key = prompt.join(' ');
      const node = nodes.get(key) ?? { ids: prompt, wanted: new Set() };
      node.wanted.add(target);
      nodes.set(key, node);
      return key;
    }),
  );
  const ordered = [...nodes].sort(([, a], [, b]) => a.ids.length - b.ids.length);
  const index = new Map(ordered.map(([key], i) => [key, i]));
  return {
    questions: ordered.map(([, { ids, wanted }]) => ({ ids, wanted: [...wanted] })),
    places: keys.map((list) => list.map((key) => index.get(key) ?? -1)),
  };
}

/**
 * Adds up the tokens of every choice. Throws where an answer lacks a wanted token: the caller asks until none does.
 */
export function sumRows(
  sequences: readonly TargetSequence[],
  rows: ChoiceRows,
  answers: readonly RowAnswer[],
): { readonly logprobs: number[]; readonly greedy: boolean[] } {
  const logprobs: number[] = [];
  const greedy: boolean[] = [];
  for (const [i, { targets }] of sequences.entries()) {
    let sum = 0;
    let all = true;
    for (const [j, target] of targets.entries()) {
      const answer = answers[rows.places[i]?.[j] ?? -1];
      const value = answer?.logprobs.get(target);
      if (answer === undefined || value === undefined) throw new Error(`no log-probability of token ${target}`);
      sum += value;
      all &&= answer.best === target;
    }
    logprobs.push(sum);
    greedy.push(all);
  }
  return { logprobs, greedy };
}

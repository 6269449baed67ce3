/** The choices of a document as a tree: which prompts must be followed by which tokens. Choices with a common beginning share its nodes. */
import type { TargetSequence } from '../../models/encode.js';
import type { ChoicesResponse } from '../../types.js';

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
export type RowMemory = Map<RowQuestion, RowAnswer>;

export interface ChoiceRows {
  /** Shorter prompts first, so that a server's prefix cache holds the beginning of each when its turn comes. */
  readonly questions: readonly RowQuestion[];
  /** Per choice: its tokens, each with the question that it answers. */
  readonly choices: readonly (readonly { readonly question: RowQuestion; readonly target: number }[])[];
}

/**
 * Returns the distinct nodes of all choices.
 */
export function rowsOf(sequences: readonly TargetSequence[]): ChoiceRows {
  const nodes = new Map<string, { readonly ids: readonly number[]; readonly wanted: number[] }>();
  const choices = sequences.map(({ ids, targets }) =>
    targets.map((target, i) => {
      const prompt = ids.slice(0, ids.length - targets.length + 1 + i);
      const key = prompt.join(' ');
      const question = nodes.get(key) ?? { ids: prompt, wanted: [] };
      nodes.set(key, question);
      if (!question.wanted.includes(target)) question.wanted.push(target);
      return { question, target };
    }),
  );
  return { questions: [...nodes.values()].sort((a, b) => a.ids.length - b.ids.length), choices };
}

/**
 * Adds up the tokens of every choice. Throws where an answer lacks a wanted token: the caller asks until none does.
 */
export function sumRows({ choices }: ChoiceRows, memory: RowMemory): Pick<ChoicesResponse, 'logprobs' | 'greedy'> {
  const logprobs: number[] = [];
  const greedy: boolean[] = [];
  for (const steps of choices) {
    let sum = 0;
    let all = true;
    for (const { question, target } of steps) {
      const answer = memory.get(question);
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

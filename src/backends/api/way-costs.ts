/** Which way of scoring choices of several tokens costs a server less, by what it was measured to take. */
import type { TargetSequence } from '../../models/encode.js';
import type { ChoiceRows } from './choice-rows.js';

/** Seconds that a server takes for a prompt: so many for each, and so many for each token that it has to compute. */
export interface WayCost {
  readonly prompt: number;
  readonly token: number;
}

/** One measurement: some prompts that were computed together, without a cache. */
export interface Timing {
  readonly prompts: number;
  readonly tokens: number;
  readonly seconds: number;
}

/**
 * The line through a measurement with short prompts and one with long prompts. Neither part is below zero: a fast server hides its prompts in the noise.
 */
export function costOf(short: Timing, long: Timing): WayCost {
  const token = Math.max(0, (long.seconds - short.seconds) / (long.tokens - short.tokens));
  return { token, prompt: Math.max(0, short.seconds - token * short.tokens) / short.prompts };
}

/**
 * Tokens of one block of vLLM's prefix cache, of which only full ones are kept: 16 on most cards, 128 on a CPU. No answer says which, and a block that is taken for smaller than it
 * is makes every step compute the prompt again; so the larger one counts.
 */
const BLOCK = 128;

/**
 * Seconds of a document walked token by token behind a cached prefix: the first row computes its prompt, every other one what lies behind the last full block.
 */
export function steppedSeconds({ questions }: ChoiceRows, cost: WayCost): number {
  let tokens = 0;
  for (const [i, { ids }] of questions.entries())
    tokens += i === 0 ? ids.length : ids.length - BLOCK * Math.floor((ids.length - 1) / BLOCK);
  return questions.length * cost.prompt + tokens * cost.token;
}

/**
 * Seconds of a document with one full prompt for each choice, for which the cache is not read.
 */
export function promptSeconds(sequences: readonly TargetSequence[], cost: WayCost): number {
  return sequences.reduce((sum, { ids }) => sum + cost.prompt + (ids.length + 1) * cost.token, 0);
}

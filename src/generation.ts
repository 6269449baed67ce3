/** How answers are generated, whatever generates them. */
import { hash } from 'node:crypto';

/** New tokens where a task leaves it open: the harness's default. */
export const DEFAULT_NEW_TOKENS = 256;

/** How the tokens of an answer are drawn from the model's distribution (docs/task-files.md). */
export interface Sampling {
  /** Above 0. */
  readonly temperature: number;
  /** Only the likeliest tokens whose probabilities add up to this; null leaves it to the model's generation_config.json or the server. */
  readonly topP: number | null;
  /** Only so many of the likeliest tokens, 0 for all; null as above. */
  readonly topK: number | null;
  /** Of a task: the seed of all its draws. Of a request: the document's own, so that its answer does not depend on the others. */
  readonly seed: number;
}

/**
 * Returns how tokens are taken, in words: "greedy", or "drawn at temperature 0.8, top_p 0.95, seed 1234".
 */
export function samplingWords(sampling: Sampling | null): string {
  if (sampling === null) return 'greedy';
  const { temperature, topP, topK, seed } = sampling;
  return [
    `drawn at temperature ${temperature}`,
    ...(topP === null ? [] : [`top_p ${topP}`]),
    ...(topK === null ? [] : [`top_k ${topK}`]),
    `seed ${seed}`,
  ].join(', ');
}

/**
 * Returns the seed of a document's draws, from 0 to 2^31 - 1 (what servers take): that of its task and the digest of its prompt decide, not its place.
 */
export function drawSeed(seed: number, promptHash: string): number {
  return Number.parseInt(hash('sha256', `${seed}:${promptHash}`, 'hex').slice(0, 8), 16) >>> 1;
}

/**
 * Returns the fields of a request body that say how tokens are taken, in the names that OpenAI's API, Anthropic's, vLLM and llama.cpp share: temperature 0 for the likeliest ones.
 */
export function drawFields(sampling: Sampling | undefined): Readonly<Record<string, number>> {
  if (sampling === undefined) return { temperature: 0 };
  const { temperature, topP, topK, seed } = sampling;
  return { temperature, ...(topP === null ? {} : { top_p: topP }), ...(topK === null ? {} : { top_k: topK }), seed };
}

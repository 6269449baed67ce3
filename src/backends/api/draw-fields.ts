import type { Sampling } from '../../types.js';

/**
 * Returns the fields of a request body that say how tokens are taken, in the names that OpenAI's API, Anthropic's, vLLM and llama.cpp share: temperature 0 for the likeliest ones.
 */
export function drawFields(sampling: Sampling | undefined): Readonly<Record<string, number>> {
  if (sampling === undefined) return { temperature: 0 };
  const { temperature, topP, topK, seed } = sampling;
  return { temperature, ...(topP === null ? {} : { top_p: topP }), ...(topK === null ? {} : { top_k: topK }), seed };
}

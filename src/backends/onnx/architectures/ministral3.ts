import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainAttention, plainBlock, plainBlueprint, plainFeedForward, rotaryOf, windowOf } from './common.js';

/** Ministral 3 and the text part of Mistral 3: Mistral whose scores of attention grow slowly with the position (`llama_4_scaling_beta`). */
export function ministral3(c: ModelConfig): Blueprint {
  const entry = c.fields.inner('rope_parameters');
  const beta = entry.numberOrNull('llama_4_scaling_beta');
  const length = entry.number('original_max_position_embeddings', c.maxLength);
  const rotary = { ...rotaryOf(c, c.rope), ...(beta === null ? {} : { queryGrowth: { beta, length } }) };
  return plainBlueprint(c, (l) =>
    plainBlock(c, l, {
      mixer: plainAttention(c, l, { rotary, window: c.slidingWindow === null ? null : windowOf(c, l, c.slidingWindow) }, false),
      feedForward: plainFeedForward(c, l, false),
    }),
  );
}

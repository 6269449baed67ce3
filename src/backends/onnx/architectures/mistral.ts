/** Mistral, and what it became. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { decoder, linear, rotaryOf, windowOf } from './common.js';
import { expertParts, experts } from './experts.js';

/** Mistral: every layer slides where the config names a window, or those that it lists (Ministral). */
export function mistral(c: ModelConfig): Blueprint {
  return decoder(c, { attention: (l) => ({ window: windowOf(c, l) }) });
}

/** Ministral 3 and the text part of Mistral 3: Mistral whose scores of attention grow slowly with the position (`llama_4_scaling_beta`). */
export function ministral3(c: ModelConfig): Blueprint {
  const entry = c.fields.inner('rope_parameters');
  const beta = entry.numberOrNull('llama_4_scaling_beta');
  const length = entry.number('original_max_position_embeddings', c.maxLength);
  const rotary = { ...rotaryOf(c, c.rope), ...(beta === null ? {} : { queryGrowth: { beta, length } }) };
  return decoder(c, { attention: (l) => ({ rotary, window: windowOf(c, l) }) });
}

/** Mixtral: Mistral with eight experts in each layer, of which each row uses two. */
export function mixtral(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention: (l) => ({ window: windowOf(c, l) }),
    feedForward: (_, p) =>
      experts(c, p, c.intermediateSize, {
        router: linear(`${p}block_sparse_moe.gate`),
        experts: expertParts(c, c.intermediateSize, `${p}block_sparse_moe.`, ['w1', 'w3', 'w2']),
        normalised: 0,
      }),
  });
}

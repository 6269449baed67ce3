import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerNorm, layerPrefix, plainAttention, plainBlock, plainBlueprint, ungatedFeedForward, windowOf } from './common.js';

/** StarCoder 2: layer norms, biases, a window, and a feed-forward part without a gate. */
export function starcoder2(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('use_bias', true);
  return plainBlueprint(
    c,
    (l) =>
      plainBlock(c, l, {
        before: layerNorm(c, `${layerPrefix(l)}input_layernorm`),
        mixer: plainAttention(c, l, { window: c.slidingWindow === null ? null : windowOf(c, l, c.slidingWindow) }, bias),
        feedForwardBefore: layerNorm(c, `${layerPrefix(l)}post_attention_layernorm`),
        feedForward: ungatedFeedForward(c, l, { bias, up: 'c_fc', down: 'c_proj' }),
      }),
    { finalNorm: layerNorm(c, 'model.norm') },
  );
}

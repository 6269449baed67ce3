import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerNorm, layerPrefix, plainAttention, plainBlock, plainBlueprint, rotaryOf, ungatedFeedForward } from './common.js';

/** Nemotron and Minitron: layer norms stored as weight - 1, a feed-forward part without a gate, and a part of each head turns. */
export function nemotron(c: ModelConfig): Blueprint {
  return plainBlueprint(
    c,
    (l) =>
      plainBlock(c, l, {
        before: layerNorm(c, `${layerPrefix(l)}input_layernorm`, { plusOne: true }),
        mixer: plainAttention(c, l, { rotary: rotaryOf(c, c.rope, { partial: true }) }),
        feedForwardBefore: layerNorm(c, `${layerPrefix(l)}post_attention_layernorm`, { plusOne: true }),
        feedForward: ungatedFeedForward(c, l),
      }),
    { finalNorm: layerNorm(c, 'model.norm', { plusOne: true }) },
  );
}

/** Jais 2: layer norms and a feed-forward part without a gate. */
export function jais2(c: ModelConfig): Blueprint {
  return plainBlueprint(
    c,
    (l) =>
      plainBlock(c, l, {
        before: layerNorm(c, `${layerPrefix(l)}input_layernorm`),
        feedForwardBefore: layerNorm(c, `${layerPrefix(l)}post_attention_layernorm`),
        feedForward: ungatedFeedForward(c, l),
      }),
    { finalNorm: layerNorm(c, 'model.norm') },
  );
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { classicBlock } from './classic.js';
import { decoder, headNorms, layerNorm, linear, plainAttention, rotaryOf } from './common.js';

/** Persimmon: layer norms, everything with biases, query, key and value of each head in one matrix; a part of each head turns. */
export function persimmon(c: ModelConfig): Blueprint {
  const normed = c.fields.flag('qk_layernorm', true);
  return decoder(c, {
    block: (_, p) =>
      classicBlock(c, p, {
        norms: ['input_layernorm', 'post_attention_layernorm'],
        mixer: plainAttention(c, p, {
          projection: { kind: 'fused', linear: linear(`${p}self_attn.query_key_value`, true), groups: c.kvHeads },
          norms: normed ? headNorms(c, p, { norm: (name) => layerNorm(c, name), names: ['q_layernorm', 'k_layernorm'] }) : null,
          rotary: rotaryOf(c, c.rope, { partial: true }),
          output: linear(`${p}self_attn.dense`, true),
        }),
        feedForward: ['mlp.dense_h_to_4h', 'mlp.dense_4h_to_h'],
      }),
    finalNorm: layerNorm(c, 'model.final_layernorm'),
  });
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { classicAttention, classicBlock } from './classic.js';
import { decoder, layerNorm, linear, rotaryOf } from './common.js';

const prefix = 'gpt_neox.';

/** GPT-NeoX and Pythia: query, key and value of each head in one matrix; a part of each head turns; both parts of a layer side by side, each behind its own norm. */
export function gptNeox(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('attention_bias', true);
  const part = c.fields.numberOrNull('rotary_pct');
  const theta = c.fields.numberOrNull('rotary_emb_base');
  const partial = c.rope.partial ?? part ?? 0.25;
  const rope = { ...c.rope, theta: theta ?? c.rope.theta, partial };
  return decoder(c, {
    prefix,
    layers: `${prefix}layers.`,
    block: (_, p) =>
      classicBlock(c, p, {
        norms: ['input_layernorm', 'post_attention_layernorm'],
        mixer: classicAttention(c, `${p}attention.`, ['', '', '', 'dense'], [bias, bias], {
          projection: { kind: 'fused', linear: linear(`${p}attention.query_key_value`, bias), groups: c.heads },
          rotary: rotaryOf(c, rope, { partial: true }),
        }),
        feedForward: ['mlp.dense_h_to_4h', 'mlp.dense_4h_to_h'],
        parallel: c.fields.flag('use_parallel_residual', true),
      }),
    embedding: { table: `${prefix}embed_in` },
    finalNorm: layerNorm(c, `${prefix}final_layer_norm`),
    output: { name: 'embed_out' },
  });
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { alibiSlopes, classicAttention, classicBlock, withAlibi } from './classic.js';
import { decoder, layerNorm, linear } from './common.js';

const prefix = 'transformer.';

/** BLOOM: positions by ALiBi, a norm on the embeddings; query, key and value of each head in one matrix. */
export function bloom(c: ModelConfig): Blueprint {
  return decoder(c, {
    prefix,
    layers: `${prefix}h.`,
    block: (_, p) => ({
      ...classicBlock(c, p, {
        norms: ['input_layernorm', 'post_attention_layernorm'],
        mixer: withAlibi(
          classicAttention(c, `${p}self_attention.`, ['', '', '', 'dense'], [true, true], {
            projection: { kind: 'fused', linear: linear(`${p}self_attention.query_key_value`, true), groups: c.heads },
          }),
          alibiSlopes(c.heads),
        ),
        feedForward: ['mlp.dense_h_to_4h', 'mlp.dense_4h_to_h'],
        size: 4 * c.hiddenSize,
        activation: 'gelu_tanh',
      }),
      residual: c.fields.flag('apply_residual_connection_post_layernorm', false) ? 'normed' : 'stream',
    }),
    embedding: { table: `${prefix}word_embeddings`, norm: layerNorm(c, `${prefix}word_embeddings_layernorm`) },
    finalNorm: layerNorm(c, `${prefix}ln_f`),
  });
}

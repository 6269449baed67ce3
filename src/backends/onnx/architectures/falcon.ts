import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint } from '../blueprint.js';
import { alibiSlopes, classicAttention, classicBlock, withAlibi } from './classic.js';
import { decoder, layerNorm, linear, rotaryOf } from './common.js';

const prefix = 'transformer.';

/** The norms of a layer: one for both parts or one each where they stand side by side, else one behind the other. */
function norms(c: ModelConfig): readonly [string, string?] {
  const wide = c.fields.flag('new_decoder_architecture', false);
  if (wide && (c.fields.numberOrNull('num_ln_in_parallel_attn') ?? 2) === 2) return ['ln_attn', 'ln_mlp'];
  return wide || c.fields.flag('parallel_attn', true) ? ['input_layernorm'] : ['input_layernorm', 'post_attention_layernorm'];
}

/** Falcon: one key and value for all heads, or one for each group of them; the oldest have one for each and positions by ALiBi, which were rounded to bfloat16. */
export function falcon(c: ModelConfig): Blueprint {
  const wide = c.fields.flag('new_decoder_architecture', false);
  const shared = !wide && c.fields.flag('multi_query', true);
  const kvHeads = shared ? 1 : (c.fields.numberOrNull('num_kv_heads') ?? c.heads);
  const bias = c.fields.flag('bias', false);
  const alibi = c.fields.flag('alibi', false);
  if (alibi && kvHeads !== c.heads) throw new UserError(`${c.file}: alibi with fewer key heads than heads is not supported`);
  const mixer = (p: string): AttentionPart =>
    classicAttention(c, `${p}self_attention.`, ['', '', '', 'dense'], [bias, bias], {
      kvHeads,
      projection: { kind: 'fused', linear: linear(`${p}self_attention.query_key_value`, bias), groups: kvHeads },
      rotary: alibi ? null : rotaryOf(c, c.rope),
    });
  return decoder(c, {
    prefix,
    layers: `${prefix}h.`,
    block: (_, p) =>
      classicBlock(c, p, {
        norms: norms(c),
        mixer: alibi ? withAlibi(mixer(p), alibiSlopes(c.heads), { rounded: true, scaled: true }) : mixer(p),
        feedForward: ['mlp.dense_h_to_4h', 'mlp.dense_4h_to_h'],
        size: c.fields.numberOrNull('ffn_hidden_size') ?? 4 * c.hiddenSize,
        bias,
        parallel: wide || c.fields.flag('parallel_attn', true),
        activation: 'gelu',
      }),
    embedding: { table: `${prefix}word_embeddings` },
    finalNorm: layerNorm(c, `${prefix}ln_f`),
  });
}

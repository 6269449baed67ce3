import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, Norm } from '../blueprint.js';
import { layerNorm, layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, plainFeedForward, rotaryOf } from './common.js';

/** StableLM 2: Llama with layer norms, of which a part of each head turns; some put both parts side by side and norm each head of query and key. */
export function stablelm(c: ModelConfig): Blueprint {
  const parallel = c.fields.flag('use_parallel_residual', false);
  const normed = c.fields.flag('qk_layernorm', false);
  return plainBlueprint(
    c,
    (l) => {
      const p = layerPrefix(l);
      const norm = (t: string): Norm => layerNorm(c, `${p}self_attn.${t}_layernorm.norms`, { bias: false });
      return plainBlock(c, l, {
        before: layerNorm(c, `${p}input_layernorm`),
        mixer: plainAttention(
          c,
          l,
          {
            norms: normed ? { query: norm('q'), key: norm('k'), over: 'each head apart', afterRotation: false } : null,
            rotary: rotaryOf(c, c.rope, { partial: true }),
            output: linear(`${p}self_attn.o_proj`),
          },
          c.fields.flag('use_qkv_bias', false),
        ),
        feedForwardBefore: parallel ? null : layerNorm(c, `${p}post_attention_layernorm`),
        feedForward: plainFeedForward(c, l, false),
        parallel,
      });
    },
    { finalNorm: layerNorm(c, 'model.norm') },
  );
}

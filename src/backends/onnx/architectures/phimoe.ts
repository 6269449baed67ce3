import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerNorm, layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, windowOf } from './common.js';
import { expertCount, experts, gatedPart } from './experts.js';

/** Phi-3.5-MoE: layer norms, and experts that are chosen one after the other. */
export function phimoe(c: ModelConfig): Blueprint {
  const count = expertCount(c);
  const plain = plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    const own = Array.from({ length: count }, (_, e) =>
      gatedPart(c, c.intermediateSize, `${p}block_sparse_moe.experts.${e}.`, ['w1', 'w3', 'w2']),
    );
    return plainBlock(c, l, {
      before: layerNorm(c, `${p}input_layernorm`),
      mixer: plainAttention(c, l, { window: c.slidingWindow === null ? null : windowOf(c, l, c.slidingWindow) }),
      feedForwardBefore: layerNorm(c, `${p}post_attention_layernorm`),
      feedForward: experts(
        c,
        l,
        { count, size: c.intermediateSize },
        {
          router: linear(`${p}block_sparse_moe.gate`),
          experts: own,
          scores: { kind: 'one after the other', jitter: c.fields.number('router_jitter_noise', 0.01) },
          normalised: null,
        },
      ),
    });
  });
  const bias = c.fields.flag('lm_head_bias', false);
  return { ...plain, finalNorm: layerNorm(c, 'model.norm'), output: { ...plain.output, bias } };
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint } from '../blueprint.js';
import {
  headNorms,
  layerPrefix,
  linear,
  plainAttention,
  plainBlock,
  plainBlueprint,
  plainFeedForward,
  rmsNorm,
  rotaryOf,
  windowOf,
} from './common.js';
import { groupedExperts, STACKED } from './experts.js';

/** A model with experts in all layers but the first. */
function sparse(c: ModelConfig, dense: number, attention: (l: number) => AttentionPart): Blueprint {
  const plain = plainBlueprint(c, (l) =>
    plainBlock(c, l, { mixer: attention(l), feedForward: l < dense ? plainFeedForward(c, l, false) : groupedExperts(c, l) }),
  );
  return { ...plain, stacked: STACKED };
}

/** GLM-4.5: a part of each head turns, norms on query and key where the config says so, and experts as DeepSeek V3 chooses them. */
export function glm4Moe(c: ModelConfig): Blueprint {
  return sparse(c, c.fields.number('first_k_dense_replace', 1), (l) =>
    plainAttention(c, l, {
      rotary: rotaryOf(c, c.rope, { partial: true, usual: 0.5 }),
      norms: c.fields.flag('use_qk_norm', false) ? headNorms((name) => rmsNorm(c, name), l) : null,
      output: linear(`${layerPrefix(l)}self_attn.o_proj`),
    }),
  );
}

/** Solar Open: the same experts in all layers of a Llama. */
export function solarOpen(c: ModelConfig): Blueprint {
  return sparse(c, 0, (l) => plainAttention(c, l, { output: linear(`${layerPrefix(l)}self_attn.o_proj`) }));
}

/** dots.llm1: the same experts in a Qwen 3. */
export function dots1(c: ModelConfig): Blueprint {
  return sparse(c, c.fields.number('first_k_dense_replace', 0), (l) => {
    const slides = c.slidingLayers?.[l] ?? (c.slidingWindow !== null && l >= (c.maxWindowLayers ?? c.layers));
    return plainAttention(c, l, {
      norms: headNorms((name) => rmsNorm(c, name), l),
      window: slides ? windowOf(c, l, c.slidingWindow) : null,
    });
  });
}

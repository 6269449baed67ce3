/** GLM, and models with the experts of GLM-4.5. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { decoder, fusedFeedForward, headNorms, linear, plainFeedForward, rmsNorm, rotaryOf, type Variation, windowOf } from './common.js';
import { groupedExperts, STACKED } from './experts.js';

/** GLM: the first part of each head turns, in pairs of neighbours; gate and feed-forward in one matrix. */
export function glm(c: ModelConfig, more: Variation = {}): Blueprint {
  return decoder(c, {
    attention: (_, p) => ({
      rotary: rotaryOf(c, c.rope, { partial: true, interleaved: true }),
      output: linear(`${p}self_attn.o_proj`),
    }),
    feedForward: (_, p) => fusedFeedForward(c, p),
    ...more,
  });
}

/** GLM-4: GLM with norms behind both parts, too. */
export function glm4(c: ModelConfig): Blueprint {
  return glm(c, {
    block: (_, p) => ({ after: rmsNorm(c, `${p}post_self_attn_layernorm`), feedForwardAfter: rmsNorm(c, `${p}post_mlp_layernorm`) }),
  });
}

/** A model with experts as DeepSeek V3 chooses them in all layers but the first. */
function sparse(c: ModelConfig, dense: number, attention: NonNullable<Variation['attention']>): Blueprint {
  return decoder(c, {
    attention,
    feedForward: (l, p) => (l < dense ? plainFeedForward(c, p) : groupedExperts(c, p)),
    stacked: STACKED,
  });
}

/** GLM-4.5: a part of each head turns, and norms on query and key where the config says so. */
export function glm4Moe(c: ModelConfig): Blueprint {
  return sparse(c, c.fields.number('first_k_dense_replace', 1), (_, p) => ({
    rotary: rotaryOf(c, c.rope, { partial: true, usual: 0.5 }),
    norms: c.fields.flag('use_qk_norm', false) ? headNorms(c, p) : null,
    output: linear(`${p}self_attn.o_proj`),
  }));
}

/** Solar Open: the same experts in all layers of a Llama. */
export function solarOpen(c: ModelConfig): Blueprint {
  return sparse(c, 0, (_, p) => ({ output: linear(`${p}self_attn.o_proj`) }));
}

/** dots.llm1: the same experts in a Qwen 3. */
export function dots1(c: ModelConfig): Blueprint {
  return sparse(c, c.fields.number('first_k_dense_replace', 0), (l, p) => ({
    norms: headNorms(c, p),
    window: windowOf(c, l, c.slidingWindow !== null && l >= (c.maxWindowLayers ?? c.layers)),
  }));
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, DeltaProjection, FeedForward } from '../blueprint.js';
import {
  headNorms,
  layerPrefix,
  linear,
  plainAttention,
  plainBlock,
  plainBlueprint,
  plainFeedForward,
  rmsNorm,
  windowOf,
} from './common.js';
import { experts, isSparse, STACKED, sharedExpert } from './experts.js';
import { qwenHybrid, separateProjection } from './qwen3-5.js';

/** Qwen2-MoE: Qwen 2 with experts and one that all rows use. */
export function qwen2Moe(c: ModelConfig): Blueprint {
  const plain = plainBlueprint(c, (l) => {
    const output = linear(`${layerPrefix(l)}self_attn.o_proj`);
    const slides = c.slidingLayers?.[l] ?? (c.useSlidingWindow && (l + 1) % 2 !== 0 && l < (c.maxWindowLayers ?? 28));
    const window = slides ? windowOf(c, l, c.useSlidingWindow ? c.slidingWindow : null) : null;
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { output, window }, c.fields.flag('qkv_bias', true)),
      feedForward: isSparse(c, l)
        ? experts(c, l, {}, { shared: sharedExpert(c, l), normalised: c.fields.flag('norm_topk_prob', false) ? 0 : null })
        : plainFeedForward(c, l, false),
    });
  });
  return { ...plain, stacked: STACKED };
}

/** Qwen3-MoE: Qwen 3 with experts. */
export function qwen3Moe(c: ModelConfig): Blueprint {
  const window = c.useSlidingWindow ? c.slidingWindow : null;
  const plain = plainBlueprint(c, (l) =>
    plainBlock(c, l, {
      mixer: plainAttention(c, l, {
        norms: headNorms((name) => rmsNorm(c, name), l),
        window: window === null ? null : windowOf(c, l, window),
      }),
      feedForward: isSparse(c, l)
        ? experts(c, l, {}, { normalised: c.fields.flag('norm_topk_prob', false) ? 0 : null })
        : plainFeedForward(c, l, false),
    }),
  );
  return { ...plain, stacked: STACKED };
}

/** Experts, and one that all rows use. */
const withShared = (c: ModelConfig, l: number): FeedForward => experts(c, l, {}, { shared: sharedExpert(c, l) });

/** Qwen 3.5 with experts. */
export function qwen35Moe(c: ModelConfig): Blueprint {
  return { ...qwenHybrid(c, separateProjection, (l) => withShared(c, l)), stacked: STACKED };
}

/** Qwen3-Next: the same, with the projections of its delta networks in two matrices. */
export function qwen3Next(c: ModelConfig): Blueprint {
  const projection = (p: string): DeltaProjection => ({
    kind: 'grouped',
    mixedAndGate: linear(`${p}in_proj_qkvz`),
    betaAndDecay: linear(`${p}in_proj_ba`),
  });
  return { ...qwenHybrid(c, projection, (l) => (isSparse(c, l) ? withShared(c, l) : plainFeedForward(c, l, false))), stacked: STACKED };
}

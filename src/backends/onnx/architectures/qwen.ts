/** Qwen 2 and 3, with and without experts. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, ExpertsFeedForward, FeedForward } from '../blueprint.js';
import { decoder, headNorms, linear, plainFeedForward, windowOf } from './common.js';
import { experts, isSparse, STACKED, sharedExpert } from './experts.js';

/** The window of the layers that slide: none unless the config switches it on. */
const switchedOn = (c: ModelConfig): number | null => (c.useSlidingWindow ? c.slidingWindow : null);

/** The sliding window of a layer: from `max_window_layers` on; null: it has none. */
function qwenWindow(c: ModelConfig, l: number): number | null {
  return windowOf(c, l, switchedOn(c) !== null && l >= (c.maxWindowLayers ?? 28), switchedOn(c));
}

/** Qwen2 and 2.5: biases on query, key and value always. */
export function qwen2(c: ModelConfig): Blueprint {
  return decoder(c, { bias: true, attention: (l, p) => ({ output: linear(`${p}self_attn.o_proj`), window: qwenWindow(c, l) }) });
}

/** Qwen3: query and key are normalised per head. */
export function qwen3(c: ModelConfig): Blueprint {
  return decoder(c, { attention: (l, p) => ({ norms: headNorms(c, p), window: qwenWindow(c, l) }) });
}

/** Experts in the layers that have some. */
function sparse(c: ModelConfig, l: number, p: string, more: Partial<ExpertsFeedForward> = {}): FeedForward {
  if (!isSparse(c, l)) return plainFeedForward(c, p);
  return experts(c, p, undefined, { normalised: c.fields.flag('norm_topk_prob', false) ? 0 : null, ...more });
}

/** Qwen2-MoE: Qwen 2 with experts and one that all rows use. */
export function qwen2Moe(c: ModelConfig): Blueprint {
  return decoder(c, {
    bias: c.fields.flag('qkv_bias', true),
    attention: (l, p) => ({
      output: linear(`${p}self_attn.o_proj`),
      window: windowOf(c, l, c.useSlidingWindow && (l + 1) % 2 !== 0 && l < (c.maxWindowLayers ?? 28), switchedOn(c)),
    }),
    feedForward: (l, p) => sparse(c, l, p, { shared: sharedExpert(c, p) }),
    stacked: STACKED,
  });
}

/** Qwen3-MoE: Qwen 3 with experts. */
export function qwen3Moe(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention: (l, p) => ({ norms: headNorms(c, p), window: windowOf(c, l, switchedOn(c) !== null, switchedOn(c)) }),
    feedForward: (l, p) => sparse(c, l, p),
    stacked: STACKED,
  });
}

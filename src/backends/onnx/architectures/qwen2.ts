import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, plainFeedForward, windowOf } from './common.js';

/** Qwen2 and 2.5: biases on query, key and value always; layers from `max_window_layers` on slide where `use_sliding_window` is set. */
export function qwen2(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => {
    const output = linear(`${layerPrefix(l)}self_attn.o_proj`);
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { output, window: qwenWindow(c, l) }, true),
      feedForward: plainFeedForward(c, l, false),
    });
  });
}

/** The sliding window of a layer as the Qwen configs say it; null: it has none. */
export function qwenWindow(c: ModelConfig, l: number): number | null {
  const first = c.maxWindowLayers ?? 28;
  const window = c.useSlidingWindow ? c.slidingWindow : null;
  return (c.slidingLayers?.[l] ?? (window !== null && l >= first)) ? windowOf(c, l, window) : null;
}

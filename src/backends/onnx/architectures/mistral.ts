import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainAttention, plainBlock, plainBlueprint, plainFeedForward, windowOf } from './common.js';

/** Mistral: Llama without biases; every layer slides where the config names a window, or those that it lists (Ministral). */
export function mistral(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => {
    const slides = c.slidingLayers?.[l] ?? c.slidingWindow !== null;
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { window: slides ? windowOf(c, l, c.slidingWindow) : null }, false),
      feedForward: plainFeedForward(c, l, false),
    });
  });
}

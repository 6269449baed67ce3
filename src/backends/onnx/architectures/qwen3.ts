import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { headNorms, plainAttention, plainBlock, plainBlueprint, plainFeedForward, rmsNorm } from './common.js';
import { qwenWindow } from './qwen2.js';

/** Qwen3: query and key are normalised per head. */
export function qwen3(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => {
    const norms = headNorms((name) => rmsNorm(c, name), l);
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { norms, window: qwenWindow(c, l) }),
      feedForward: plainFeedForward(c, l, false),
    });
  });
}

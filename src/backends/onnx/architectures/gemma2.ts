import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';
import { gemmaBlueprint } from './common.js';

/** Gemma 2: soft caps on attention and logits; every other layer slides, beginning with the first. */
export function gemma2(c: ModelConfig): Blueprint {
  return { ...gemmaBlueprint(c), attentionSoftcap: c.attentionSoftcap, slides: (l) => c.slidingLayers?.[l] ?? l % 2 === 0 };
}

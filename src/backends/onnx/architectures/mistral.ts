import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';
import { plainBlueprint } from './common.js';

/** Mistral: Llama without biases; every layer slides where the config names a window, or those that it lists (Ministral). */
export function mistral(c: ModelConfig): Blueprint {
  return {
    ...plainBlueprint(c),
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
    window: c.slidingWindow,
    slides: (l) => c.slidingLayers?.[l] ?? c.slidingWindow !== null,
  };
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainAttention, plainBlock, plainBlueprint, rotaryOf, windowOf } from './common.js';

/** The rotation where the file names none. */
const ROPE: Rope = { type: 'llama3', theta: 1_000_000, factor: 16, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPosition: 8192 };

/** CWM: Llama with windows on three of four layers. */
export function cwm(c: ModelConfig): Blueprint {
  const named = c.fields.has('rope_parameters') || c.fields.has('rope_scaling');
  return plainBlueprint(c, (l) => {
    const slides = c.slidingLayers?.[l] ?? l % 4 !== 0;
    const window = slides ? windowOf(c, l, c.slidingWindow) : null;
    return plainBlock(c, l, { mixer: plainAttention(c, l, { rotary: rotaryOf(c, named ? c.rope : ROPE), window }, false) });
  });
}

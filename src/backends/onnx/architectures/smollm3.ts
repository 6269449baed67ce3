import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainAttention, plainBlock, plainBlueprint, rotaryOf, windowOf } from './common.js';

/** SmolLM3: Llama with layers that know no positions; where the config switches windows on, those slide. */
export function smollm3(c: ModelConfig): Blueprint {
  const interval = c.fields.number('no_rope_layer_interval', 4);
  const rotates = c.fields.numbers('no_rope_layers');
  return plainBlueprint(c, (l) => {
    const rotary = (rotates === null ? (l + 1) % interval !== 0 : rotates[l] !== 0) ? rotaryOf(c, c.rope) : null;
    const slides = c.slidingLayers?.[l] ?? (c.slidingWindow !== null && rotary === null);
    const window = c.useSlidingWindow && slides ? windowOf(c, l, c.slidingWindow) : null;
    return plainBlock(c, l, { mixer: plainAttention(c, l, { rotary, window }) });
  });
}

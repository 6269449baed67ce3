import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, rotaryOf } from './common.js';

/** Helium: Llama whose rotation turns neighbours; the output of attention never has a bias. */
export function helium(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) =>
    plainBlock(c, l, {
      mixer: plainAttention(c, l, {
        rotary: rotaryOf(c, c.rope, { interleaved: true }),
        output: linear(`${layerPrefix(l)}self_attn.o_proj`),
        scale: 1 / Math.sqrt(c.headDim),
      }),
    }),
  );
}

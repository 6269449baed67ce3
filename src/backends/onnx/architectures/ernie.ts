import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainAttention, plainBlock, plainBlueprint, plainFeedForward, rotaryOf } from './common.js';

/** ERNIE 4.5 (dense): Llama whose rotation turns neighbours. */
export function ernie(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('use_bias', false);
  return plainBlueprint(c, (l) =>
    plainBlock(c, l, {
      mixer: plainAttention(c, l, { rotary: rotaryOf(c, c.rope, { interleaved: true }) }, bias),
      feedForward: plainFeedForward(c, l, bias),
    }),
  );
}

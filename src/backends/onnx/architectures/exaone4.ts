import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { decoder, headNorms, postNorms, rotaryOf, slidesByPattern, windowOf } from './common.js';

/** EXAONE 4: norms behind both parts alone and on query and key; of models with windows, the layers that see everything know no positions. */
export function exaone4(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention(l, p) {
      const window = windowOf(c, l, c.slidingWindow !== null && slidesByPattern(c, l, 4));
      return { norms: headNorms(c, p), rotary: window !== null || c.slidingWindow === null ? rotaryOf(c, c.rope) : null, window };
    },
    block: (_, p) => postNorms(c, p),
  });
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import {
  headNorms,
  plainAttention,
  plainBlueprint,
  plainFeedForward,
  postNormBlock,
  rmsNorm,
  rotaryOf,
  slidesByPattern,
  windowOf,
} from './common.js';

/** EXAONE 4: norms behind both parts alone and on query and key; of models with windows, the layers that see everything know no positions. */
export function exaone4(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => {
    const slides = c.slidingLayers?.[l] ?? (c.slidingWindow !== null && slidesByPattern(c, l, 4));
    const mixer = plainAttention(
      c,
      l,
      {
        norms: headNorms((name) => rmsNorm(c, name), l),
        rotary: slides || c.slidingWindow === null ? rotaryOf(c, c.rope) : null,
        window: slides ? windowOf(c, l, c.slidingWindow) : null,
      },
      false,
    );
    return postNormBlock(c, l, { mixer, feedForward: plainFeedForward(c, l, false) });
  });
}

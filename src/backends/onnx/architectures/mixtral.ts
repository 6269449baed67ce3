import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, windowOf } from './common.js';
import { expertCount, experts, gatedPart } from './experts.js';

/** Mixtral: Mistral with eight experts in each layer, of which each row uses two. */
export function mixtral(c: ModelConfig): Blueprint {
  const count = expertCount(c);
  return plainBlueprint(c, (l) => {
    const p = `${layerPrefix(l)}block_sparse_moe.`;
    const window = c.slidingWindow === null ? null : windowOf(c, l, c.slidingWindow);
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { window }, false),
      feedForward: experts(
        c,
        l,
        { count, size: c.intermediateSize },
        {
          router: linear(`${p}gate`),
          experts: Array.from({ length: count }, (_, e) => gatedPart(c, c.intermediateSize, `${p}experts.${e}.`, ['w1', 'w3', 'w2'])),
          normalised: 0,
        },
      ),
    });
  });
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { headNorms, plainAttention, plainBlock, plainBlueprint, postNormBlock, rmsNorm } from './common.js';
import { experts, STACKED } from './experts.js';

/** OLMoE: norms over the whole of queries and keys, and experts in each layer. */
export function olmoe(c: ModelConfig): Blueprint {
  const plain = plainBlueprint(c, (l) => {
    const norms = { ...headNorms((name) => rmsNorm(c, name), l), over: 'row' as const };
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { norms, clip: c.fields.numberOrNull('clip_qkv') }),
      feedForward: experts(c, l, { size: c.intermediateSize }, { normalised: c.fields.flag('norm_topk_prob', false) ? 0 : null }),
    });
  });
  return { ...plain, stacked: STACKED };
}

/** FlexOlmo: OLMoE with norms behind both parts instead of before them. */
export function flexOlmo(c: ModelConfig): Blueprint {
  const plain = plainBlueprint(c, (l) =>
    postNormBlock(c, l, {
      mixer: plainAttention(c, l, { norms: { ...headNorms((name) => rmsNorm(c, name), l), over: 'row' } }),
      feedForward: experts(c, l, { size: c.intermediateSize }, { normalised: c.fields.flag('norm_topk_prob', false) ? 0 : null }),
    }),
  );
  return { ...plain, stacked: STACKED };
}

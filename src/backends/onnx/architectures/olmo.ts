/** The OLMo models but the hybrid. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint, FeedForward, Norm } from '../blueprint.js';
import { decoder, headNorms, layerNorm, postNorms, rotaryOf, windowOf } from './common.js';
import { experts, STACKED } from './experts.js';

/** OLMo: layer norms that have neither weight nor bias, and a limit on queries, keys and values. */
export function olmo(c: ModelConfig): Blueprint {
  const norm: Norm = layerNorm(c, '', { weight: false, bias: false, epsilon: 1e-5 });
  return decoder(c, { norm: () => norm, attention: () => ({ clip: c.fields.numberOrNull('clip_qkv') }) });
}

/** Norms behind both parts alone, and on all of a query's and a key's row. */
function later(c: ModelConfig, more: (l: number) => Partial<AttentionPart>): Blueprint {
  return decoder(c, {
    attention: (l, p) => ({ norms: headNorms(c, p, { over: 'row' }), ...more(l) }),
    block: (_, p) => postNorms(c, p),
  });
}

/** OLMo 2. */
export function olmo2(c: ModelConfig): Blueprint {
  return later(c, () => ({}));
}

/** OLMo 3: three of four layers slide, and the scaling of the rotation is of the others alone. */
export function olmo3(c: ModelConfig): Blueprint {
  return later(c, (l) => {
    const window = windowOf(c, l, (l + 1) % 4 !== 0);
    return { rotary: rotaryOf(c, window === null ? c.rope : c.ropeLocal), window };
  });
}

const olmoExperts = (c: ModelConfig, p: string): FeedForward =>
  experts(c, p, c.intermediateSize, { normalised: c.fields.flag('norm_topk_prob', false) ? 0 : null });

/** OLMoE: norms over the whole of queries and keys, and experts in each layer. */
export function olmoe(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention: (_, p) => ({ norms: headNorms(c, p, { over: 'row' }), clip: c.fields.numberOrNull('clip_qkv') }),
    feedForward: (_, p) => olmoExperts(c, p),
    stacked: STACKED,
  });
}

/** FlexOlmo: OLMoE with norms behind both parts instead of before them. */
export function flexOlmo(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention: (_, p) => ({ norms: headNorms(c, p, { over: 'row' }) }),
    feedForward: (_, p) => olmoExperts(c, p),
    block: (_, p) => postNorms(c, p),
    stacked: STACKED,
  });
}

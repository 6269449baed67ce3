import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, Norm } from '../blueprint.js';
import { decoder, headNorms, layerNorm, rotaryOf, slidesByPattern, type Variation, windowOf } from './common.js';

const normOf = (c: ModelConfig, name: string): Norm => layerNorm(c, name, { bias: false });

/** Attention and feed-forward side by side behind one layer norm without a bias; a factor on the logits; the rotation turns neighbours. */
function parallel(c: ModelConfig, more: NonNullable<Variation['attention']>): Blueprint {
  return decoder(c, {
    norm: (name) => normOf(c, name),
    attention: (l, p) => ({ rotary: rotaryOf(c, c.rope, { interleaved: true }), ...more(l, p) }),
    block: () => ({ feedForwardBefore: null, parallel: true }),
    // Transformers' classes that also take pictures leave the factor out.
    output: { scale: c.modelType === c.textType ? c.fields.number('logit_scale', 1) : null },
  });
}

/** Cohere (Command R, Aya 23, Aya Expanse): some have norms on query and key, each head its own. */
export function cohere(c: ModelConfig): Blueprint {
  const normed = c.fields.flag('use_qk_norm', false);
  return parallel(c, (_, p) => ({ norms: normed ? headNorms(c, p, { norm: (name) => normOf(c, name), over: 'each head' }) : null }));
}

/** Cohere 2 (Command R7B, Command A, Tiny Aya): every fourth layer sees everything and knows no positions. */
export function cohere2(c: ModelConfig): Blueprint {
  return parallel(c, (l) => (slidesByPattern(c, l, 4) ? { window: windowOf(c, l, true) } : { rotary: null }));
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Activation, Blueprint } from '../blueprint.js';
import { activationOf, headNorms, layerPrefix, plainAttention, plainBlock, plainBlueprint, rmsNorm, ungatedFeedForward } from './common.js';

/** Apertus: norms on query and key, and a feed-forward part without a gate whose activation (xIELU) is learnt layer by layer. */
export function apertus(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    const activation: Activation = c.activation === 'xielu' ? { kind: 'xielu', name: `${p}mlp.act_fn` } : activationOf(c);
    return plainBlock(c, l, {
      before: rmsNorm(c, `${p}attention_layernorm`),
      mixer: plainAttention(c, l, { norms: headNorms((name) => rmsNorm(c, name), l) }),
      feedForwardBefore: rmsNorm(c, `${p}feedforward_layernorm`),
      feedForward: ungatedFeedForward(c, l, { bias: false, activation }),
    });
  });
}

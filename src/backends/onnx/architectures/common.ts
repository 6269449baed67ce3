/** What most architectures have in common; each file beside this one changes what it must. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';

/** The config's names of activations. */
const ACTIVATIONS: Readonly<Record<string, Blueprint['activation']>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
};

/**
 * Returns the blueprint of a Llama-like model. Throws `UserError` for an activation that is not known.
 */
export function plainBlueprint(c: ModelConfig): Blueprint {
  const activation = ACTIVATIONS[c.activation];
  if (activation === undefined)
    throw new UserError(`${c.file}: activation "${c.activation}" is not supported; supported are ${Object.keys(ACTIVATIONS).join(', ')}`);
  return {
    prefix: 'model.',
    tied: c.tiedEmbeddings,
    qkvBias: c.attentionBias,
    outputBias: c.attentionBias,
    mlpBias: c.mlpBias,
    headNorms: false,
    normPlusOne: false,
    sandwichNorms: false,
    embeddingScale: null,
    activation,
    attentionScale: 1 / Math.sqrt(c.headDim),
    attentionSoftcap: null,
    finalSoftcap: null,
    window: null,
    slides: () => false,
  };
}

/**
 * Returns the blueprint that the Gemma generations share.
 */
export function gemmaBlueprint(c: ModelConfig): Blueprint {
  return {
    ...plainBlueprint(c),
    normPlusOne: true,
    sandwichNorms: true,
    embeddingScale: Math.sqrt(c.hiddenSize),
    attentionScale: 1 / Math.sqrt(c.queryPreAttnScalar ?? c.headDim),
    finalSoftcap: c.finalSoftcap,
    window: c.slidingWindow,
  };
}

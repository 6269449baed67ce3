import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { AttentionPart, Blueprint, Norm } from '../blueprint.js';
import { decoder, headNorms, rmsNorm, rotaryOf, sandwichNorms, slidesByPattern, type Variation, windowOf } from './common.js';

/** Norms stored as weight - 1, and larger embeddings. */
function whole(c: ModelConfig, more: (norm: (name: string) => Norm) => Variation): Blueprint {
  const norm = (name: string): Norm => rmsNorm(c, name, { plusOne: true });
  return decoder(c, { norm, embedding: { scale: Math.sqrt(c.hiddenSize) }, output: { softcap: c.finalSoftcap }, ...more(norm) });
}

function attention(c: ModelConfig, l: number, slides: boolean, rope: Rope, more: Partial<AttentionPart>): Partial<AttentionPart> {
  return {
    scale: 1 / Math.sqrt(c.queryPreAttnScalar ?? c.headDim),
    window: windowOf(c, l, slides),
    rotary: rotaryOf(c, rope),
    ...more,
  };
}

/** Gemma: norms before both parts alone, no windows. */
export function gemma(c: ModelConfig): Blueprint {
  return whole(c, () => ({}));
}

/** Soft caps on attention and logits; every other layer slides, beginning with the first. */
const capped = (c: ModelConfig, l: number): Partial<AttentionPart> => attention(c, l, l % 2 === 0, c.rope, { softcap: c.attentionSoftcap });

/** Gemma 2: norms before and behind both parts. */
export function gemma2(c: ModelConfig): Blueprint {
  return whole(c, (norm) => ({ attention: (l) => capped(c, l), block: (_, p) => sandwichNorms(p, norm) }));
}

/** VaultGemma: Gemma 2 with norms before both parts alone. */
export function vaultgemma(c: ModelConfig): Blueprint {
  return whole(c, (norm) => ({
    attention: (l) => capped(c, l),
    block: (_, p) => ({ feedForwardBefore: norm(`${p}pre_feedforward_layernorm`) }),
  }));
}

/** Gemma 3 (text): norms on query and key, no cap on attention, every sixth layer global with its own rotary base. */
export function gemma3(c: ModelConfig): Blueprint {
  return whole(c, (norm) => ({
    attention(l, p) {
      const slides = slidesByPattern(c, l, 6);
      return attention(c, l, slides, slides ? c.ropeLocal : c.rope, { norms: headNorms(c, p, { norm }) });
    },
    block: (_, p) => sandwichNorms(p, norm),
  }));
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { AttentionPart, Block, Blueprint, Norm } from '../blueprint.js';
import {
  headNorms,
  layerPrefix,
  plainAttention,
  plainBlock,
  plainBlueprint,
  plainFeedForward,
  rmsNorm,
  rotaryOf,
  slidesByPattern,
  windowOf,
} from './common.js';

const norm = (c: ModelConfig, name: string): Norm => rmsNorm(c, name, { plusOne: true });

/** A layer with norms before and after both of its parts. */
function sandwich(c: ModelConfig, l: number, mixer: AttentionPart): Block {
  const p = layerPrefix(l);
  return plainBlock(c, l, {
    before: norm(c, `${p}input_layernorm`),
    mixer,
    after: norm(c, `${p}post_attention_layernorm`),
    feedForwardBefore: norm(c, `${p}pre_feedforward_layernorm`),
    feedForward: plainFeedForward(c, l, false),
    feedForwardAfter: norm(c, `${p}post_feedforward_layernorm`),
  });
}

function attention(c: ModelConfig, l: number, slides: boolean, rope: Rope, more: Partial<AttentionPart>): AttentionPart {
  return plainAttention(c, l, {
    scale: 1 / Math.sqrt(c.queryPreAttnScalar ?? c.headDim),
    window: slides ? windowOf(c, l, c.slidingWindow) : null,
    rotary: rotaryOf(c, rope),
    ...more,
  });
}

function whole(c: ModelConfig, block: (layer: number) => Block): Blueprint {
  const plain = plainBlueprint(c, block);
  return {
    ...plain,
    embedding: { ...plain.embedding, scale: Math.sqrt(c.hiddenSize) },
    finalNorm: norm(c, 'model.norm'),
    output: { ...plain.output, softcap: c.finalSoftcap },
  };
}

/** Gemma 2: soft caps on attention and logits; every other layer slides, beginning with the first. */
export function gemma2(c: ModelConfig): Blueprint {
  return whole(c, (l) => {
    const slides = c.slidingLayers?.[l] ?? l % 2 === 0;
    return sandwich(c, l, attention(c, l, slides, c.rope, { softcap: c.attentionSoftcap }));
  });
}

/** Gemma 3 (text): norms on query and key, no cap on attention, every sixth layer global with its own rotary base. */
export function gemma3(c: ModelConfig): Blueprint {
  return whole(c, (l) => {
    const slides = c.slidingLayers?.[l] ?? slidesByPattern(c, l, 6);
    const norms = headNorms((name) => norm(c, name), l);
    return sandwich(c, l, attention(c, l, slides, slides ? c.ropeLocal : c.rope, { norms }));
  });
}

/** Gemma: norms before both parts alone, no windows. */
export function gemma(c: ModelConfig): Blueprint {
  return whole(c, (l) => {
    const p = layerPrefix(l);
    return plainBlock(c, l, {
      before: norm(c, `${p}input_layernorm`),
      feedForwardBefore: norm(c, `${p}post_attention_layernorm`),
      feedForward: plainFeedForward(c, l, false),
    });
  });
}

/** VaultGemma: Gemma 2 with norms before both parts alone. */
export function vaultgemma(c: ModelConfig): Blueprint {
  return whole(c, (l) => {
    const p = layerPrefix(l);
    const slides = c.slidingLayers?.[l] ?? l % 2 === 0;
    return plainBlock(c, l, {
      before: norm(c, `${p}input_layernorm`),
      mixer: attention(c, l, slides, c.rope, { softcap: c.attentionSoftcap }),
      feedForwardBefore: norm(c, `${p}pre_feedforward_layernorm`),
      feedForward: plainFeedForward(c, l, false),
    });
  });
}

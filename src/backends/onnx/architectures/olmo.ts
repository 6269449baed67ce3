import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint, Norm } from '../blueprint.js';
import {
  layerNorm,
  layerPrefix,
  plainAttention,
  plainBlock,
  plainBlueprint,
  plainFeedForward,
  postNormBlock,
  rmsNorm,
  rotaryOf,
  windowOf,
} from './common.js';

/** OLMo: Llama with layer norms that have neither weight nor bias, and a limit on queries, keys and values. */
export function olmo(c: ModelConfig): Blueprint {
  const norm: Norm = layerNorm(c, '', { weight: false, bias: false, epsilon: 1e-5 });
  return plainBlueprint(
    c,
    (l) =>
      plainBlock(c, l, {
        before: norm,
        mixer: plainAttention(c, l, { clip: c.fields.numberOrNull('clip_qkv') }),
        feedForwardBefore: norm,
        feedForward: plainFeedForward(c, l, false),
      }),
    { finalNorm: norm },
  );
}

/** Norms behind both parts alone, and on all of a query's and a key's row. */
function later(c: ModelConfig, more: (layer: number) => Partial<AttentionPart>): Blueprint {
  return plainBlueprint(c, (l) => {
    const p = `${layerPrefix(l)}self_attn.`;
    const norms = { query: rmsNorm(c, `${p}q_norm`), key: rmsNorm(c, `${p}k_norm`), over: 'row', afterRotation: false } as const;
    return postNormBlock(c, l, { mixer: plainAttention(c, l, { norms, ...more(l) }), feedForward: plainFeedForward(c, l, false) });
  });
}

/** OLMo 2. */
export function olmo2(c: ModelConfig): Blueprint {
  return later(c, () => ({}));
}

/** OLMo 3: three of four layers slide, and the scaling of the rotation is of the others alone. */
export function olmo3(c: ModelConfig): Blueprint {
  return later(c, (l) => {
    const slides = c.slidingLayers?.[l] ?? (l + 1) % 4 !== 0;
    return { rotary: rotaryOf(c, slides ? c.ropeLocal : c.rope), window: slides ? windowOf(c, l, c.slidingWindow) : null };
  });
}

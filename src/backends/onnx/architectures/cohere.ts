import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint, HeadNorms } from '../blueprint.js';
import {
  layerNorm,
  layerPrefix,
  plainAttention,
  plainBlock,
  plainBlueprint,
  plainFeedForward,
  rotaryOf,
  slidesByPattern,
  windowOf,
} from './common.js';

/** Attention and feed-forward side by side behind one layer norm without a bias; a factor on the logits; the rotation turns neighbours. */
function parallel(c: ModelConfig, more: (layer: number) => Partial<AttentionPart>): Blueprint {
  const plain = plainBlueprint(
    c,
    (l) =>
      plainBlock(c, l, {
        before: layerNorm(c, `${layerPrefix(l)}input_layernorm`, { bias: false }),
        mixer: plainAttention(c, l, { rotary: rotaryOf(c, c.rope, { interleaved: true }), ...more(l) }),
        feedForwardBefore: null,
        feedForward: plainFeedForward(c, l, false),
        parallel: true,
      }),
    { finalNorm: layerNorm(c, 'model.norm', { bias: false }) },
  );
  // Transformers' classes that also take pictures leave the factor out.
  const scale = c.modelType === c.textType ? c.fields.number('logit_scale', 1) : null;
  return { ...plain, output: { ...plain.output, scale } };
}

/** Cohere (Command R, Aya 23, Aya Expanse): some have norms on query and key, each head its own. */
export function cohere(c: ModelConfig): Blueprint {
  const normed = c.fields.flag('use_qk_norm', false);
  return parallel(c, (l) => {
    const norm = (t: string): HeadNorms['query'] => layerNorm(c, `${layerPrefix(l)}self_attn.${t}_norm`, { bias: false });
    return { norms: normed ? { query: norm('q'), key: norm('k'), over: 'each head', afterRotation: false } : null };
  });
}

/** Cohere 2 (Command R7B, Command A, Tiny Aya): every fourth layer sees everything and knows no positions. */
export function cohere2(c: ModelConfig): Blueprint {
  return parallel(c, (l) =>
    (c.slidingLayers?.[l] ?? slidesByPattern(c, l, 4)) ? { window: windowOf(c, l, c.slidingWindow) } : { rotary: null },
  );
}

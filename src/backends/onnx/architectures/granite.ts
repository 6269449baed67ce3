import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Block, Blueprint } from '../blueprint.js';
import { layerPrefix, plainAttention, plainBlock, plainBlueprint, rmsNorm, rotaryOf, windowOf } from './common.js';

/** What Granite's multipliers make of a model: factors on embeddings, on scores of attention, on what each part adds, and on the logits. */
function multiplied(c: ModelConfig, logits: number, more: (layer: number) => Partial<Block>): Blueprint {
  const factor = (name: string): number => c.fields.number(name, 1);
  const plain = plainBlueprint(c, (l) => plainBlock(c, l, { residualScale: factor('residual_multiplier'), ...more(l) }));
  return {
    ...plain,
    embedding: { ...plain.embedding, scale: factor('embedding_multiplier') },
    output: { ...plain.output, scale: logits },
  };
}

function attention(c: ModelConfig, l: number, fallback: number): AttentionPart {
  return plainAttention(c, l, { scale: c.fields.number('attention_multiplier', fallback) });
}

/** Granite 3: Llama with multipliers. */
export function granite(c: ModelConfig): Blueprint {
  return multiplied(c, 1 / c.fields.number('logits_scaling', 1), (l) => ({ mixer: attention(c, l, 1) }));
}

/** HyperCLOVA X: Granite with norms behind both parts, too, unless the config says otherwise; its logits are multiplied where Granite's are divided. */
export function hyperclovax(c: ModelConfig): Blueprint {
  const p = (l: number): string => layerPrefix(l);
  const after = c.fields.flag('use_post_norm', true);
  return multiplied(c, c.fields.number('logits_scaling', 1), (l) => ({
    mixer: attention(c, l, 1 / Math.sqrt(c.headDim)),
    after: after ? rmsNorm(c, `${p(l)}post_norm1`) : null,
    feedForwardAfter: after ? rmsNorm(c, `${p(l)}post_norm2`) : null,
  }));
}

/** The attention of Granite with windows: three of four layers slide, each head has a sink, and each layer a rotary base (0: no positions). */
export function windowedAttention(c: ModelConfig, l: number): AttentionPart {
  const thetas = c.fields.numbers('layer_rope_theta');
  const theta = thetas === null ? c.rope.theta : (thetas[l] ?? 0);
  const slides = c.slidingLayers?.[l] ?? l % 4 !== 0;
  return {
    ...attention(c, l, 1),
    rotary: theta === 0 ? null : rotaryOf(c, { ...c.rope, theta }),
    sinks: `${layerPrefix(l)}self_attn.sinks`,
    window: slides ? windowOf(c, l, c.slidingWindow) : null,
  };
}

/** Granite with windows. */
export function graniteSwa(c: ModelConfig): Blueprint {
  return multiplied(c, 1 / c.fields.number('logits_scaling', 1), (l) => ({ mixer: windowedAttention(c, l) }));
}

import { at } from '../../../at.js';
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Block, Blueprint, ExpertsFeedForward, FeedForward, Stacked } from '../blueprint.js';
import { activationOf, decoder, linear, rmsNorm, rotaryOf, type Variation, windowOf } from './common.js';
import { expertCount, expertParts, experts } from './experts.js';
import { mambaPart, mambaSizes } from './mamba.js';

/** What Granite's multipliers make of a model: factors on embeddings, on what each part adds, and on the logits, which are divided. */
function multiplied(c: ModelConfig, { block = () => ({}), output, ...more }: Variation): Blueprint {
  const factor = (name: string): number => c.fields.number(name, 1);
  return decoder(c, {
    block: (l, p): Partial<Block> => ({ residualScale: factor('residual_multiplier'), ...block(l, p) }),
    embedding: { scale: factor('embedding_multiplier') },
    output: { scale: 1 / factor('logits_scaling'), ...output },
    ...more,
  });
}

const scale = (c: ModelConfig, fallback = 1): number => c.fields.number('attention_multiplier', fallback);

/** Granite 3: Llama with multipliers. */
export function granite(c: ModelConfig): Blueprint {
  return multiplied(c, { attention: () => ({ scale: scale(c) }) });
}

/** HyperCLOVA X: Granite with norms behind both parts, too, unless the config says otherwise; its logits are multiplied where Granite's are divided. */
export function hyperclovax(c: ModelConfig): Blueprint {
  const after = c.fields.flag('use_post_norm', true);
  return multiplied(c, {
    attention: () => ({ scale: scale(c, 1 / Math.sqrt(c.headDim)) }),
    block: (_, p) => (after ? { after: rmsNorm(c, `${p}post_norm1`), feedForwardAfter: rmsNorm(c, `${p}post_norm2`) } : {}),
    output: { scale: c.fields.number('logits_scaling', 1) },
  });
}

/** The attention of Granite with windows: three of four layers slide, each head has a sink, and each layer a rotary base (0: no positions). */
function windowedAttention(c: ModelConfig, l: number, p: string): Partial<AttentionPart> {
  const thetas = c.fields.numbers('layer_rope_theta');
  if (thetas !== null && thetas.length < c.layers)
    throw new UserError(`${c.file}: layer_rope_theta has ${thetas.length} numbers for ${c.layers} layers; valid is one for each`);
  const theta = thetas === null ? c.rope.theta : at(thetas, l);
  return {
    scale: scale(c),
    rotary: theta === 0 ? null : rotaryOf(c, { ...c.rope, theta }),
    sinks: `${p}self_attn.sinks`,
    window: windowOf(c, l, l % 4 !== 0),
  };
}

/** Granite with windows. */
export function graniteSwa(c: ModelConfig): Blueprint {
  return multiplied(c, { attention: (l, p) => windowedAttention(c, l, p) });
}

/** What all rows use beside the experts; without a size there is none. */
function shared(c: ModelConfig, layer: string): ExpertsFeedForward['shared'] {
  const size = c.fields.number('shared_intermediate_size', 0);
  if (size === 0) return null;
  const p = `${layer}shared_mlp.`;
  const input = { kind: 'fused', linear: linear(`${p}input_linear`) } as const;
  return { part: { kind: 'dense', size, input, down: linear(`${p}output_linear`), activation: activationOf(c) }, gate: null };
}

/** Two tensors that hold the experts of a layer. */
const stackedAs = (gateAndUp: string, down: string): Stacked[] => [
  { name: `block_sparse_moe.${gateAndUp}`, before: 'block_sparse_moe.experts.', parts: ['gate.weight', 'up.weight'] },
  { name: `block_sparse_moe.${down}`, before: 'block_sparse_moe.experts.', parts: ['down.weight'] },
];

function graniteExperts(c: ModelConfig, p: string): FeedForward {
  return experts(c, p, c.intermediateSize, {
    router: linear(`${p}block_sparse_moe.router.layer`),
    experts: expertParts(c, c.intermediateSize, `${p}block_sparse_moe.`, ['gate', 'up', 'down']),
    scores: 'softmax of the used',
    normalised: null,
    shared: shared(c, p),
  });
}

/** Granite with experts (and in GraniteMoeShared a part that all rows use). */
export function graniteMoe(c: ModelConfig, more: Variation = {}): Blueprint {
  return multiplied(c, {
    attention: () => ({ scale: scale(c) }),
    feedForward: (_, p) => graniteExperts(c, p),
    stacked: stackedAs('input_linear.weight', 'output_linear.weight'),
    ...more,
  });
}

/** Granite 4: attention or state spaces, experts where there are any, and a part that all rows use. Throws `UserError` for kinds of layers that are none of these. */
export function graniteMoeHybrid(c: ModelConfig): Blueprint {
  if (c.layerTypes === null) return c.fields.refuse('layer_types', 'a list of attention and mamba');
  const kinds = c.layerTypes;
  const rotates = c.fields.text('position_embedding_type', '') === 'rope';
  return graniteMoe(c, {
    attention: () => ({ scale: scale(c), ...(rotates ? {} : { rotary: null }) }),
    feedForward: (_, p) => (expertCount(c) > 0 ? null : shared(c, p)?.part) ?? graniteExperts(c, p),
    block: (l, p) => (/^(mamba|linear_attention)$/.test(at(kinds, l)) ? { mixer: mambaPart(c, `${p}mamba.`, mambaSizes(c)) } : {}),
  });
}

/** Granite with experts and windows; its files have other names for the experts. */
export function graniteMoeSwa(c: ModelConfig): Blueprint {
  return graniteMoe(c, {
    attention: (l, p) => windowedAttention(c, l, p),
    aliases: [['block_sparse_moe.router.weight', 'block_sparse_moe.router.layer.weight']],
    stacked: stackedAs('experts.gate_up_proj', 'experts.down_proj'),
  });
}

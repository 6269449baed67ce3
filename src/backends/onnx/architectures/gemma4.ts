import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { AttentionPart, Block, Blueprint, DenseFeedForward, Linear, Norm, PerLayerEmbedding } from '../blueprint.js';
import { activationOf, decoder, headNorms, linear, plainFeedForward, rmsNorm, rotaryOf, sandwichNorms, windowOf } from './common.js';
import { expertParts, experts, GATED } from './experts.js';

/** Whether layer `l` slides: five of six, where the config lists no kinds; the last never does. */
function slidesAt(c: ModelConfig, l: number): boolean {
  return l !== c.layers - 1 && (c.slidingLayers?.[l] ?? (l + 1) % 6 !== 0);
}

/** Sizes that a layer has of its own: those that see everything have larger heads, and where keys are values fewer of them. */
function sizesOf(c: ModelConfig, l: number): { readonly headDim: number; readonly kvHeads: number } {
  const own = c.fields.has('per_layer_config') ? c.fields.inner('per_layer_config').inner(String(l)) : null;
  if (own !== null) return { headDim: own.number('head_dim', c.headDim), kvHeads: own.number('num_key_value_heads', c.kvHeads) };
  if (slidesAt(c, l)) return { headDim: c.headDim, kvHeads: c.kvHeads };
  const fewer = c.fields.flag('attention_k_eq_v', false) ? c.fields.numberOrNull('num_global_key_value_heads') : null;
  return { headDim: c.fields.number('global_head_dim', 512), kvHeads: fewer ?? c.kvHeads };
}

/**
 * Returns the layer whose keys and values layer `l` takes: of the last `num_kv_shared_layers`, the last before them that is of the same kind; null: it has its own. Throws `UserError` where there is
 * none of its kind.
 */
export function keysSource(c: ModelConfig, l: number, slides: (layer: number) => boolean): number | null {
  const first = c.layers - c.fields.number('num_kv_shared_layers', 0);
  if (l < first) return null;
  for (let source = first - 1; source >= 0; source--) if (slides(source) === slides(l)) return source;
  throw new UserError(`${c.file}: num_kv_shared_layers: layer ${l} shares the keys of no layer before it`);
}

const sourceOf = (c: ModelConfig, l: number): number | null => keysSource(c, l, (layer) => slidesAt(c, layer));

/** What each layer learns of a token beside the stream, as `size` numbers. */
export function perLayerEmbedding(c: ModelConfig, size: number): PerLayerEmbedding {
  return {
    table: 'model.embed_tokens_per_layer',
    rows: c.fields.number('vocab_size_per_layer_input', c.vocabSize),
    size,
    scale: Math.sqrt(size),
    projection: linear('model.per_layer_model_projection'),
    projectionScale: 1 / Math.sqrt(c.hiddenSize),
    norm: rmsNorm(c, 'model.per_layer_projection_norm'),
    sumScale: Math.SQRT1_2,
  };
}

/** What opens it in the layer whose tensors stand behind `p`. */
export function perLayerGate(c: ModelConfig, p: string): NonNullable<Block['perLayer']> {
  return {
    gate: linear(`${p}per_layer_input_gate`),
    projection: linear(`${p}per_layer_projection`),
    norm: rmsNorm(c, `${p}post_per_layer_input_norm`),
    activation: activationOf(c),
  };
}

/** The rotation of a kind of layer; the class has one of its own where the file names none. */
function ropeOf(c: ModelConfig, slides: boolean): Rope {
  if (c.fields.has('rope_parameters')) return slides ? c.ropeLocal : c.rope;
  return slides ? { type: 'default', theta: 10_000 } : { type: 'proportional', theta: 1_000_000, partial: 0.25, factor: 1 };
}

function attention(c: ModelConfig, l: number, p: string): Partial<AttentionPart> {
  const matrix = (name: string): Linear => linear(`${p}self_attn.${name}`, c.attentionBias);
  const [query, key, value] = [matrix('q_proj'), matrix('k_proj'), matrix('v_proj')];
  const { headDim, kvHeads } = sizesOf(c, l);
  const slides = slidesAt(c, l);
  const source = sourceOf(c, l);
  const same = c.fields.flag('attention_k_eq_v', false) && !slides;
  return {
    headDim,
    kvHeads,
    projection:
      source !== null ? { kind: 'query', query } : same ? { kind: 'keys are values', query, key } : { kind: 'separate', query, key, value },
    norms: headNorms(c, p),
    valueNorm: rmsNorm(c, '', { weight: false }),
    ...(source === null ? {} : { keysOf: source }),
    rotary: rotaryOf(c, ropeOf(c, slides), { headDim }),
    scale: 1,
    window: slides ? windowOf(c, l, true) : null,
  };
}

/** Tensors of experts, and that of the router's norm, as the parts name them. */
const NAMES = {
  aliases: [['router.scale', 'router.norm.weight']] as const,
  stacked: [
    { name: 'experts.gate_up_proj', before: 'experts.', parts: ['gate_proj.weight', 'up_proj.weight'] },
    { name: 'experts.down_proj', before: 'experts.', parts: ['down_proj.weight'] },
  ],
};

/** Experts beside the feed-forward part; the router looks at the stream behind a norm of its own. */
function expertsBeside(c: ModelConfig, p: string): NonNullable<Block['beside']> {
  const norm = (name: string): Norm => rmsNorm(c, `${p}${name}`);
  const size = c.fields.number('moe_intermediate_size');
  return {
    own: norm('post_feedforward_layernorm_1'),
    experts: experts(c, p, size, {
      router: linear(`${p}router.proj`),
      apart: { router: norm('router.norm'), factor: 1 / Math.sqrt(c.hiddenSize), experts: norm('pre_feedforward_layernorm_2') },
      experts: expertParts(c, size, p, GATED),
      used: c.fields.number('top_k_experts'),
      normalised: 0,
      expertFactor: `${p}router.per_expert_scale`,
    }),
    after: norm('post_feedforward_layernorm_2'),
  };
}

/** The feed-forward part; layers that take the keys of others may have one twice as wide. */
function feedForward(c: ModelConfig, l: number, p: string): DenseFeedForward {
  const plain = plainFeedForward(c, p);
  return c.fields.flag('use_double_wide_mlp', false) && sourceOf(c, l) !== null ? { ...plain, size: 2 * plain.size } : plain;
}

/**
 * Gemma 4: norms on query, key and value, heads of two sizes, layers that take the keys of earlier ones, (the E models) a second embedding for each layer, and (26B-A4B) experts beside the
 * feed-forward part.
 */
export function gemma4(c: ModelConfig): Blueprint {
  const learnt = c.fields.number('hidden_size_per_layer_input', 0);
  const sparse = c.fields.flag('enable_moe_block', false);
  return decoder(c, {
    attention: (l, p) => attention(c, l, p),
    feedForward: (l, p) => feedForward(c, l, p),
    block: (_, p) => ({
      ...sandwichNorms(p, (name) => rmsNorm(c, name)),
      outputFactor: `${p}layer_scalar`,
      ...(sparse ? { beside: expertsBeside(c, p) } : {}),
      ...(learnt === 0 ? {} : { perLayer: perLayerGate(c, p) }),
    }),
    embedding: { scale: Math.sqrt(c.hiddenSize), ...(learnt === 0 ? {} : { perLayer: perLayerEmbedding(c, learnt) }) },
    output: { softcap: c.finalSoftcap },
    ...(sparse ? NAMES : {}),
  });
}

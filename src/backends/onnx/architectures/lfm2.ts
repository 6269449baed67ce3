import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { Blueprint, Mixer } from '../blueprint.js';
import { decoder, headNorms, linear, plainAttention, rmsNorm, rotaryOf, type Variation, windowOf } from './common.js';
import { expertParts, experts, gatedPart } from './experts.js';

const NAMES = ['w1', 'w3', 'w2'] as const;

/** A short gated convolution. */
function convolution(c: ModelConfig, p: string): Mixer {
  const bias = c.fields.flag('conv_bias', false);
  return {
    kind: 'convolution',
    channels: c.hiddenSize,
    kernel: c.fields.number('conv_L_cache'),
    input: linear(`${p}conv.in_proj`, bias),
    convolution: linear(`${p}conv.conv`, bias),
    output: linear(`${p}conv.out_proj`, bias),
  };
}

/** Layers of full attention with norms on queries and keys, and short gated convolutions. */
function whole(c: ModelConfig, feedForward: NonNullable<Variation['feedForward']>): Blueprint {
  const listed = c.fields.numbers('full_attn_idxs');
  const isFull = (l: number): boolean => (c.layerTypes === null ? (listed?.includes(l) ?? true) : c.layerTypes[l] === 'full_attention');
  const attention = (p: string): Mixer =>
    plainAttention(c, p, {
      norms: headNorms(c, p, { names: ['q_layernorm', 'k_layernorm'] }),
      output: linear(`${p}self_attn.out_proj`),
    });
  return decoder(c, {
    feedForward,
    block: (l, p) => ({ ...normsOf(c, p), mixer: isFull(l) ? attention(p) : convolution(c, p) }),
    finalNorm: rmsNorm(c, 'model.embedding_norm'),
    output: { tied: c.fields.flag('tie_embedding', c.tiedEmbeddings) },
  });
}

/** The norms before both parts. */
const normsOf = (c: ModelConfig, p: string) => ({
  before: rmsNorm(c, `${p}operator_norm`),
  feedForwardBefore: rmsNorm(c, `${p}ffn_norm`),
});

/** The size of the feed-forward part, which the config gives before a rounding. */
function sizeOf(c: ModelConfig): number {
  const given = c.fields.number('block_ff_dim', c.intermediateSize);
  if (!c.fields.flag('block_auto_adjust_ff_dim', true)) return given;
  const multiple = c.fields.number('block_multiple_of', 256);
  const size = Math.trunc(c.fields.number('block_ffn_dim_multiplier', 1) * Math.trunc((2 * given) / 3));
  return multiple * Math.floor((size + multiple - 1) / multiple);
}

/** LFM2: short gated convolutions with a layer of full attention in between. */
export function lfm2(c: ModelConfig): Blueprint {
  return whole(c, (_, p) => gatedPart(c, sizeOf(c), `${p}feed_forward.`, NAMES));
}

/** LFM2 with experts behind the first layers; a bias decides with whom a row goes, but not how much that weighs. */
export function lfm2Moe(c: ModelConfig): Blueprint {
  const size = c.fields.number('moe_intermediate_size');
  return whole(c, (l, layer) => {
    const p = `${layer}feed_forward.`;
    if (l < c.fields.number('num_dense_layers')) return gatedPart(c, c.intermediateSize, p, NAMES);
    return experts(c, p, size, {
      router: linear(`${p}gate`),
      experts: expertParts(c, size, p, NAMES),
      scores: 'sigmoid',
      normalised: c.fields.flag('norm_topk_prob', true) ? 1e-6 : null,
      scale: c.fields.number('routed_scaling_factor', 1),
      choiceBias: c.fields.flag('use_expert_bias', true) ? `${p}expert_bias` : null,
    });
  });
}

/** Rotations of LFM3 where the file names none. */
const FULL: Rope = { type: 'proportional', theta: 1_000_000, partial: 0.5, factor: 1 };
const SLIDING: Rope = { type: 'default', theta: 10_000 };

/** What layer `l` of LFM3 is where the file lists no kinds. */
function usualKind(l: number): string {
  if (l % 4 === 2) return 'full_attention';
  return l % 4 === 0 && l > 0 ? 'sliding_attention' : 'conv';
}

/** LFM3: as LFM2 with windows, a gate on each head, and norms behind both parts, too. */
export function lfm3(c: ModelConfig): Blueprint {
  const sandwich = c.fields.flag('use_sandwich_norm', true);
  const named = c.fields.has('rope_parameters') || c.fields.has('rope_scaling');
  const attention = (l: number, p: string, slides: boolean): Mixer => {
    const rope = slides ? (named ? c.ropeLocal : SLIDING) : named ? c.rope : FULL;
    return plainAttention(c, p, {
      norms: headNorms(c, p),
      rotary: rotaryOf(c, rope),
      window: windowOf(c, l, slides),
      ...(c.fields.flag('use_attention_gate', true) ? { headGate: linear(`${p}self_attn.gate_proj`) } : {}),
    });
  };
  return decoder(c, {
    feedForward: (_, p) => gatedPart(c, c.intermediateSize, `${p}feed_forward.`, NAMES),
    block(l, p) {
      const kind = c.layerTypes?.[l] ?? usualKind(l);
      return {
        ...normsOf(c, p),
        ...(sandwich ? { after: rmsNorm(c, `${p}post_operator_norm`), feedForwardAfter: rmsNorm(c, `${p}post_ffn_norm`) } : {}),
        mixer: kind === 'conv' ? convolution(c, p) : attention(l, p, kind === 'sliding_attention'),
      };
    },
    finalNorm: rmsNorm(c, 'model.embedding_norm'),
  });
}

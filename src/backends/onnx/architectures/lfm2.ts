import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { Blueprint, FeedForward, Mixer } from '../blueprint.js';
import { headNorms, layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, rmsNorm, rotaryOf, windowOf } from './common.js';
import { expertCount, experts, gatedPart } from './experts.js';

const NAMES = ['w1', 'w3', 'w2'] as const;

/** A short gated convolution. */
function convolution(c: ModelConfig, l: number): Mixer {
  const p = layerPrefix(l);
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

/** A layer of full attention with norms on queries and keys, or a short gated convolution. */
function mixer(c: ModelConfig, l: number, full: boolean): Mixer {
  const p = layerPrefix(l);
  if (full) {
    const own = `${p}self_attn.`;
    return plainAttention(
      c,
      l,
      {
        norms: { query: rmsNorm(c, `${own}q_layernorm`), key: rmsNorm(c, `${own}k_layernorm`), over: 'head', afterRotation: false },
        output: linear(`${own}out_proj`),
      },
      false,
    );
  }
  return convolution(c, l);
}

function whole(c: ModelConfig, feedForward: (l: number) => FeedForward): Blueprint {
  const listed = c.fields.numbers('full_attn_idxs');
  const isFull = (l: number): boolean => (c.layerTypes === null ? (listed?.includes(l) ?? true) : c.layerTypes[l] === 'full_attention');
  const plain = plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    return plainBlock(c, l, {
      before: rmsNorm(c, `${p}operator_norm`),
      mixer: mixer(c, l, isFull(l)),
      feedForwardBefore: rmsNorm(c, `${p}ffn_norm`),
      feedForward: feedForward(l),
    });
  });
  const tied = c.fields.flag('tie_embedding', c.tiedEmbeddings);
  return { ...plain, finalNorm: rmsNorm(c, 'model.embedding_norm'), output: { ...plain.output, tied } };
}

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
  return whole(c, (l) => gatedPart(c, sizeOf(c), `${layerPrefix(l)}feed_forward.`, NAMES));
}

/** LFM2 with experts behind the first layers; a bias decides with whom a row goes, but not how much that weighs. */
export function lfm2Moe(c: ModelConfig): Blueprint {
  const size = c.fields.number('moe_intermediate_size');
  return whole(c, (l) => {
    const p = `${layerPrefix(l)}feed_forward.`;
    if (l < c.fields.number('num_dense_layers')) return gatedPart(c, c.intermediateSize, p, NAMES);
    return experts(
      c,
      l,
      { size },
      {
        router: linear(`${p}gate`),
        experts: Array.from({ length: expertCount(c) }, (_, e) => gatedPart(c, size, `${p}experts.${e}.`, NAMES)),
        scores: 'sigmoid',
        normalised: c.fields.flag('norm_topk_prob', true) ? 1e-6 : null,
        scale: c.fields.number('routed_scaling_factor', 1),
        choiceBias: c.fields.flag('use_expert_bias', true) ? `${p}expert_bias` : null,
      },
    );
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
  const attention = (l: number, slides: boolean): Mixer => {
    const rope = slides ? (named ? c.ropeLocal : SLIDING) : named ? c.rope : FULL;
    return plainAttention(c, l, {
      norms: headNorms((name) => rmsNorm(c, name), l),
      rotary: rotaryOf(c, rope),
      window: slides ? windowOf(c, l, c.slidingWindow) : null,
      ...(c.fields.flag('use_attention_gate', true) ? { headGate: linear(`${layerPrefix(l)}self_attn.gate_proj`) } : {}),
    });
  };
  const plain = plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    const kind = c.layerTypes?.[l] ?? usualKind(l);
    return plainBlock(c, l, {
      before: rmsNorm(c, `${p}operator_norm`),
      mixer: kind === 'conv' ? convolution(c, l) : attention(l, kind === 'sliding_attention'),
      after: sandwich ? rmsNorm(c, `${p}post_operator_norm`) : null,
      feedForwardBefore: rmsNorm(c, `${p}ffn_norm`),
      feedForward: gatedPart(c, c.intermediateSize, `${p}feed_forward.`, NAMES),
      feedForwardAfter: sandwich ? rmsNorm(c, `${p}post_ffn_norm`) : null,
    });
  });
  return { ...plain, finalNorm: rmsNorm(c, 'model.embedding_norm') };
}

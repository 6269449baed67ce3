import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, Positions } from '../blueprint.js';
import { classicAttention, classicBlock } from './classic.js';
import { decoder, layerNorm, linear, type Variation } from './common.js';

const NAMES = ['q_proj', 'k_proj', 'v_proj', 'out_proj'] as const;

/** The layers that OPT, XGLM and BioGPT share. `after`: they norm what they have added instead of what they add to. */
function whole(
  c: ModelConfig,
  prefix: string,
  { size, bias = true, after = false, ...more }: Variation & { readonly size: number; readonly after?: boolean },
): Blueprint {
  return decoder(c, {
    prefix,
    layers: `${prefix}layers.`,
    block(_, p) {
      const block = classicBlock(c, p, {
        norms: ['self_attn_layer_norm', 'final_layer_norm'],
        mixer: classicAttention(c, `${p}self_attn.`, NAMES, [bias, bias]),
        feedForward: ['fc1', 'fc2'],
        size,
        bias,
      });
      return after
        ? { ...block, before: null, sumNorm: block.before, feedForwardBefore: null, feedForwardSumNorm: block.feedForwardBefore }
        : block;
    },
    ...more,
  });
}

/** A table of learnt positions, read from the third row on. */
const learned = (c: ModelConfig, table: string): Positions => ({ kind: 'learned', table, offset: 2, rows: c.maxLength + 2 });

/** OPT: learnt positions; some have embeddings narrower than their layers, and the smallest of the larger ones has norms behind the sums. */
export function opt(c: ModelConfig): Blueprint {
  const prefix = 'model.decoder.';
  if (!c.fields.flag('layer_norm_elementwise_affine', true)) c.fields.refuse('layer_norm_elementwise_affine', 'true');
  const before = c.fields.flag('do_layer_norm_before', true);
  const width = c.fields.numberOrNull('word_embed_proj_dim') ?? c.hiddenSize;
  const narrow = width !== c.hiddenSize;
  return whole(c, prefix, {
    size: c.fields.number('ffn_dim'),
    bias: c.fields.flag('enable_bias', true),
    after: !before,
    embedding: {
      table: `${prefix}embed_tokens`,
      positions: learned(c, `${prefix}embed_positions`),
      ...(narrow ? { width, project: linear(`${prefix}project_in`) } : {}),
    },
    finalNorm: before && !c.fields.flag('_remove_final_layer_norm', false) ? layerNorm(c, `${prefix}final_layer_norm`) : null,
    output: narrow ? { project: linear(`${prefix}project_out`) } : {},
  });
}

/** Factor on the embeddings. */
const embeddingScale = (c: ModelConfig): number | null => (c.fields.flag('scale_embedding', true) ? Math.sqrt(c.hiddenSize) : null);

/** XGLM: positions are sines and cosines, from the third on. */
export function xglm(c: ModelConfig): Blueprint {
  return whole(c, 'model.', {
    size: c.fields.number('ffn_dim'),
    embedding: { scale: embeddingScale(c), positions: { kind: 'sines', offset: 2 } },
    finalNorm: layerNorm(c, 'model.layer_norm'),
  });
}

/** BioGPT: learnt positions. */
export function biogpt(c: ModelConfig): Blueprint {
  // The class does not hand its `layer_norm_eps` on.
  const own = { ...c, normEpsilon: 1e-5 };
  return whole(own, 'biogpt.', {
    size: c.intermediateSize,
    embedding: { table: 'biogpt.embed_tokens', scale: embeddingScale(c), positions: learned(c, 'biogpt.embed_positions') },
    finalNorm: layerNorm(own, 'biogpt.layer_norm'),
    output: { name: 'output_projection' },
  });
}

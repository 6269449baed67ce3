import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, Embedding } from '../blueprint.js';
import { classicAttention, classicBlock } from './classic.js';
import { layerNorm, linear, plainBlueprint } from './common.js';

const NAMES = ['q_proj', 'k_proj', 'v_proj', 'out_proj'];

/** The layers that OPT, XGLM and BioGPT share. */
function whole(
  c: ModelConfig,
  prefix: string,
  embedding: Embedding,
  size: number,
  finalNorm: string,
  bias = true,
  after = false,
): Blueprint {
  return plainBlueprint(
    c,
    (l) => {
      const p = `${prefix}layers.${l}.`;
      const block = classicBlock(c, p, {
        norms: ['self_attn_layer_norm', 'final_layer_norm'],
        mixer: classicAttention(c, `${p}self_attn.`, NAMES, [bias, bias]),
        feedForward: ['fc1', 'fc2'],
        size,
        bias,
      });
      // The smallest of the larger ones norms what it has added instead of what it adds to.
      return after
        ? { ...block, before: null, sumNorm: block.before, feedForwardBefore: null, feedForwardSumNorm: block.feedForwardBefore }
        : block;
    },
    { prefix, embedding, finalNorm: layerNorm(c, finalNorm) },
  );
}

/** OPT: learnt positions from the third row on; some have embeddings narrower than their layers, and norms behind the sums. */
export function opt(c: ModelConfig): Blueprint {
  const prefix = 'model.decoder.';
  if (!c.fields.flag('layer_norm_elementwise_affine', true)) c.fields.refuse('layer_norm_elementwise_affine', 'true');
  const before = c.fields.flag('do_layer_norm_before', true);
  const width = c.fields.numberOrNull('word_embed_proj_dim') ?? c.hiddenSize;
  const narrow = width !== c.hiddenSize;
  const plain = whole(
    c,
    prefix,
    {
      table: `${prefix}embed_tokens`,
      scale: null,
      positions: { kind: 'learned', table: `${prefix}embed_positions`, offset: 2, rows: c.maxLength + 2 },
      ...(narrow ? { width, project: linear(`${prefix}project_in`) } : {}),
    },
    c.fields.number('ffn_dim'),
    `${prefix}final_layer_norm`,
    c.fields.flag('enable_bias', true),
    !before,
  );
  const finalNorm = before && !c.fields.flag('_remove_final_layer_norm', false) ? plain.finalNorm : null;
  return { ...plain, finalNorm, output: { ...plain.output, ...(narrow ? { project: linear(`${prefix}project_out`) } : {}) } };
}

/** XGLM: positions are sines and cosines, from the third on. */
export function xglm(c: ModelConfig): Blueprint {
  const scale = c.fields.flag('scale_embedding', true) ? Math.sqrt(c.hiddenSize) : null;
  const embedding: Embedding = { table: 'model.embed_tokens', scale, positions: { kind: 'sines', offset: 2 } };
  return whole(c, 'model.', embedding, c.fields.number('ffn_dim'), 'model.layer_norm');
}

/** BioGPT: learnt positions from the third row on. */
export function biogpt(c: ModelConfig): Blueprint {
  const scale = c.fields.flag('scale_embedding', true) ? Math.sqrt(c.hiddenSize) : null;
  const embedding: Embedding = {
    table: 'biogpt.embed_tokens',
    scale,
    positions: { kind: 'learned', table: 'biogpt.embed_positions', offset: 2, rows: c.maxLength + 2 },
  };
  // The class does not hand its `layer_norm_eps` on.
  const plain = whole({ ...c, normEpsilon: 1e-5 }, 'biogpt.', embedding, c.intermediateSize, 'biogpt.layer_norm');
  return { ...plain, output: { ...plain.output, name: 'output_projection' } };
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint, ExpertsFeedForward, Stacked } from '../blueprint.js';
import { activationOf, layerPrefix, linear, plainAttention, plainBlock, plainBlueprint } from './common.js';
import { expertCount, experts, gatedPart } from './experts.js';
import { windowedAttention } from './granite.js';
import { mambaPart, mambaSizes } from './mamba.js';

const STACKED: readonly Stacked[] = [
  { name: 'block_sparse_moe.input_linear.weight', before: 'block_sparse_moe.experts.', parts: ['gate.weight', 'up.weight'] },
  { name: 'block_sparse_moe.output_linear.weight', before: 'block_sparse_moe.experts.', parts: ['down.weight'] },
];

/** What all rows use beside the experts; without a size there is none. */
function shared(c: ModelConfig, l: number): ExpertsFeedForward['shared'] {
  const size = c.fields.number('shared_intermediate_size', 0);
  if (size === 0) return null;
  const p = `${layerPrefix(l)}shared_mlp.`;
  const input = { kind: 'fused', linear: linear(`${p}input_linear`) } as const;
  return { part: { kind: 'dense', size, input, down: linear(`${p}output_linear`), activation: activationOf(c) }, gate: null };
}

/** Granite 4: attention or state spaces, experts where there are any, and a part that all rows use. Throws `UserError` for kinds of layers that are none of these. */
export function graniteMoeHybrid(c: ModelConfig): Blueprint {
  if (c.layerTypes === null) c.fields.refuse('layer_types', 'a list of attention and mamba');
  const kinds = c.layerTypes ?? [];
  const rotary: Partial<AttentionPart> = c.fields.text('position_embedding_type', '') === 'rope' ? {} : { rotary: null };
  const plain = graniteMoe(c, () => rotary);
  const experts = expertCount(c) > 0;
  return {
    ...plain,
    blocks: plain.blocks.map((block, l) => ({
      ...block,
      ...(/^(mamba|linear_attention)$/.test(kinds[l] ?? '') ? { mixer: mambaPart(c, `${layerPrefix(l)}mamba.`, mambaSizes(c)) } : {}),
      ...(experts ? {} : { feedForward: shared(c, l)?.part ?? block.feedForward }),
    })),
  };
}

/** Granite with experts (and in GraniteMoeShared a part that all rows use): factors on embeddings, attention, what is added to the stream, and logits. */
export function graniteMoe(c: ModelConfig, more: (layer: number) => Partial<AttentionPart> = () => ({})): Blueprint {
  const count = expertCount(c);
  const plain = plainBlueprint(c, (l) => {
    const p = `${layerPrefix(l)}block_sparse_moe.`;
    const size = c.intermediateSize;
    const own = Array.from({ length: count }, (_, e) => gatedPart(c, size, `${p}experts.${e}.`, ['gate', 'up', 'down']));
    const router = linear(`${p}router.layer`);
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { scale: c.fields.number('attention_multiplier', 1), ...more(l) }),
      feedForward: experts(
        c,
        l,
        { count, size },
        { router, experts: own, scores: 'softmax of the used', normalised: null, shared: shared(c, l) },
      ),
      residualScale: c.fields.number('residual_multiplier', 1),
    });
  });
  return {
    ...plain,
    embedding: { ...plain.embedding, scale: c.fields.number('embedding_multiplier', 1) },
    output: { ...plain.output, scale: 1 / c.fields.number('logits_scaling', 1) },
    stacked: STACKED,
  };
}

/** The same with windows; its files have other names for the experts. */
export function graniteMoeSwa(c: ModelConfig): Blueprint {
  return {
    ...graniteMoe(c, (l) => windowedAttention(c, l)),
    aliases: [['block_sparse_moe.router.weight', 'block_sparse_moe.router.layer.weight']],
    stacked: [
      { name: 'block_sparse_moe.experts.gate_up_proj', before: 'block_sparse_moe.experts.', parts: ['gate.weight', 'up.weight'] },
      { name: 'block_sparse_moe.experts.down_proj', before: 'block_sparse_moe.experts.', parts: ['down.weight'] },
    ],
  };
}

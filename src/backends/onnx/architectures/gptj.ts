import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint, Rotary } from '../blueprint.js';
import { classicAttention, classicBlock } from './classic.js';
import { decoder, layerNorm, linear } from './common.js';

const prefix = 'transformer.';

/** Attention and feed-forward side by side behind one norm; the first numbers of each head turn, in pairs of neighbours; the output layer has a bias. */
function whole(c: ModelConfig, mixer: (p: string, rotary: Rotary) => AttentionPart): Blueprint {
  const rotary: Rotary = { rope: { type: 'default', theta: 10_000 }, dims: c.fields.number('rotary_dim', c.headDim), interleaved: true };
  return decoder(c, {
    prefix,
    layers: `${prefix}h.`,
    block: (_, p) =>
      classicBlock(c, p, {
        norms: ['ln_1'],
        mixer: mixer(p, rotary),
        feedForward: ['mlp.fc_in', 'mlp.fc_out'],
        size: c.fields.numberOrNull('n_inner') ?? 4 * c.hiddenSize,
        parallel: true,
      }),
    embedding: { table: `${prefix}wte` },
    finalNorm: layerNorm(c, `${prefix}ln_f`),
    output: { bias: true },
  });
}

/** GPT-J. */
export function gptj(c: ModelConfig): Blueprint {
  return whole(c, (p, rotary) => classicAttention(c, `${p}attn.`, ['q_proj', 'k_proj', 'v_proj', 'out_proj'], [false, false], { rotary }));
}

/** CodeGen: GPT-J whose queries, values and keys lie in one matrix, in four parts as it was trained. */
export function codegen(c: ModelConfig): Blueprint {
  return whole(c, (p, rotary) =>
    classicAttention(c, `${p}attn.`, ['', '', '', 'out_proj'], [false, false], {
      projection: { kind: 'fused', linear: linear(`${p}attn.qkv_proj`), groups: 4, order: 'query value key' },
      rotary,
    }),
  );
}

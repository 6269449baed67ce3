import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { classicAttention, classicBlock, withAlibi } from './classic.js';
import { decoder, layerNorm, linear } from './common.js';

const prefix = 'transformer.';

/** MPT's slopes: powers of two that end at 2^-8 (whatever `alibi_bias_max` says); for a number of heads that is no power of two, every other one first. */
function slopes(heads: number): number[] {
  const whole = 2 ** Math.ceil(Math.log2(heads));
  const all = Array.from({ length: whole }, (_, h) => 2 ** -(((h + 1) * 8) / whole));
  return whole === heads ? all : [...all.filter((_, h) => h % 2 === 1), ...all.filter((_, h) => h % 2 === 0)].slice(0, heads);
}

/** MPT: positions by ALiBi, no biases at all, all queries, keys and values in one matrix. Throws `UserError` for what only its older code knew. */
export function mpt(c: ModelConfig): Blueprint {
  const attention = c.fields.inner('attn_config');
  for (const [name, valid] of [
    ['alibi', true],
    ['qk_ln', false],
    ['prefix_lm', false],
  ] as const)
    if (attention.flag(name, valid) !== valid) throw new UserError(`${c.file}: attn_config.${name} is ${!valid}; supported is ${valid}`);
  return decoder(c, {
    prefix,
    layers: `${prefix}blocks.`,
    block: (_, p) =>
      classicBlock(c, p, {
        norms: ['norm_1', 'norm_2'],
        mixer: withAlibi(
          classicAttention(c, `${p}attn.`, ['', '', '', 'out_proj'], [false, false], {
            projection: { kind: 'fused', linear: linear(`${p}attn.Wqkv`), groups: 1 },
            clip: attention.numberOrNull('clip_qkv'),
            scale: attention.numberOrNull('softmax_scale') ?? 1 / Math.sqrt(c.headDim),
          }),
          slopes(c.heads),
        ),
        feedForward: ['ffn.up_proj', 'ffn.down_proj'],
        // The class takes four times, whatever `expansion_ratio` says.
        size: 4 * c.hiddenSize,
        bias: false,
        normBias: false,
        activation: 'gelu',
      }),
    embedding: { table: `${prefix}wte` },
    finalNorm: layerNorm(c, `${prefix}norm_f`, { bias: false }),
  });
}

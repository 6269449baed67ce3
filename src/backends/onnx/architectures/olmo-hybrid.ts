import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, DeltaPart } from '../blueprint.js';
import { activationOf, decoder, headNorms, linear, plainAttention, postNorms, rmsNorm } from './common.js';
import { isFull } from './qwen3-5.js';

/** FLA's norm before a gate has this epsilon whatever the config says. */
const GATED_EPSILON = 1e-5;

function delta(c: ModelConfig, layer: string): DeltaPart {
  const p = `${layer}linear_attn.`;
  const keyHeads = c.fields.number('linear_num_key_heads', c.heads);
  const valueHeads = c.fields.number('linear_num_value_heads', c.heads);
  const keyDim = c.fields.number('linear_key_head_dim', Math.trunc((0.75 * c.hiddenSize) / keyHeads));
  const valueDim = c.fields.number('linear_value_head_dim', 2 * keyDim);
  const [keys, values] = [keyHeads * keyDim, valueHeads * valueDim];
  return {
    kind: 'delta',
    keyHeads,
    valueHeads,
    keyDim,
    valueDim,
    channels: 2 * keys + values,
    kernel: c.fields.number('linear_conv_kernel_dim', 4),
    convolution: linear(`${p}conv1d`),
    joined: [`${p}q_conv1d`, `${p}k_conv1d`, `${p}v_conv1d`],
    activation: activationOf(c),
    projection: {
      kind: 'separate',
      mixed: [
        { linear: linear(`${p}q_proj`), size: keys },
        { linear: linear(`${p}k_proj`), size: keys },
        { linear: linear(`${p}v_proj`), size: values },
      ],
      gate: linear(`${p}g_proj`),
      beta: linear(`${p}b_proj`),
      decay: linear(`${p}a_proj`),
    },
    decayLog: `${p}A_log`,
    decayBias: `${p}dt_bias`,
    betaScale: c.fields.flag('linear_allow_neg_eigval', true) ? 2 : 1,
    norm: rmsNorm(c, `${p}o_norm`, { epsilon: GATED_EPSILON }),
    output: linear(`${p}o_proj`),
  };
}

/** OLMo Hybrid: delta networks with norms before their parts, and every fourth layer full attention with norms behind them; positions only where the config has a rotation. */
export function olmoHybrid(c: ModelConfig): Blueprint {
  const turns = c.fields.has('rope_parameters') || c.fields.has('rope_scaling') || c.fields.has('rope_theta');
  return decoder(c, {
    block(l, p) {
      if (!isFull(c, l, 4)) return { mixer: delta(c, p) };
      const norms = headNorms(c, p, { over: 'row' });
      return { ...postNorms(c, p), mixer: plainAttention(c, p, { norms, ...(turns ? {} : { rotary: null }) }) };
    },
    aliases: [
      ['.attention_layer_norm.', '.input_layernorm.'],
      ['.feedforward_layer_norm.', '.post_attention_layernorm.'],
    ],
  });
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, DeltaPart } from '../blueprint.js';
import {
  activationOf,
  headNorms,
  layerPrefix,
  linear,
  plainAttention,
  plainBlock,
  plainBlueprint,
  plainFeedForward,
  rmsNorm,
} from './common.js';
import { isFull } from './qwen3-5.js';

/** FLA's norm before a gate has this epsilon whatever the config says. */
const GATED_EPSILON = 1e-5;

function delta(c: ModelConfig, l: number): DeltaPart {
  const p = `${layerPrefix(l)}linear_attn.`;
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
  const plain = plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    const feedForward = plainFeedForward(c, l, false);
    if (!isFull(c, l, 4)) return plainBlock(c, l, { mixer: delta(c, l), feedForward });
    const norms = { ...headNorms((name) => rmsNorm(c, name), l), over: 'row' as const };
    return plainBlock(c, l, {
      before: null,
      mixer: plainAttention(c, l, { norms, ...(turns ? {} : { rotary: null }) }),
      after: rmsNorm(c, `${p}post_attention_layernorm`),
      feedForwardBefore: null,
      feedForward,
      feedForwardAfter: rmsNorm(c, `${p}post_feedforward_layernorm`),
    });
  });
  const aliases = [
    ['.attention_layer_norm.', '.input_layernorm.'],
    ['.feedforward_layer_norm.', '.post_attention_layernorm.'],
  ] as const;
  return { ...plain, aliases };
}

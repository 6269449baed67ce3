import type { ModelConfig } from '../../../models/model-config.js';
import type { Block, Blueprint, DeltaPart, DeltaProjection, Norm } from '../blueprint.js';
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
  rotaryOf,
} from './common.js';

const norm = (c: ModelConfig, name: string): Norm => rmsNorm(c, name, { plusOne: true });

/** Whether layer `l` has full attention: every n-th where the config lists none. */
export function isFull(c: ModelConfig, l: number, interval: number): boolean {
  return (c.layerTypes?.[l] ?? ((l + 1) % interval === 0 ? 'full_attention' : 'linear_attention')) === 'full_attention';
}

/** The sizes of a gated delta network as the Qwen configs name them. */
export function deltaPart(c: ModelConfig, l: number, projection: (p: string, keys: number, values: number) => DeltaProjection): DeltaPart {
  const p = `${layerPrefix(l)}linear_attn.`;
  const [keyHeads, valueHeads] = [c.fields.number('linear_num_key_heads'), c.fields.number('linear_num_value_heads')];
  const [keyDim, valueDim] = [c.fields.number('linear_key_head_dim'), c.fields.number('linear_value_head_dim')];
  const [keys, values] = [keyHeads * keyDim, valueHeads * valueDim];
  return {
    kind: 'delta',
    keyHeads,
    valueHeads,
    keyDim,
    valueDim,
    channels: 2 * keys + values,
    kernel: c.fields.number('linear_conv_kernel_dim'),
    convolution: linear(`${p}conv1d`),
    activation: activationOf(c),
    projection: projection(p, keys, values),
    decayLog: `${p}A_log`,
    decayBias: `${p}dt_bias`,
    betaScale: 1,
    norm: rmsNorm(c, `${p}norm`),
    output: linear(`${p}out_proj`),
  };
}

/** A Qwen model of delta networks with a layer of full attention, whose output has a gate, in between. */
export function qwenHybrid(
  c: ModelConfig,
  projection: (p: string, keys: number, values: number) => DeltaProjection,
  feedForward: (l: number) => Block['feedForward'],
): Blueprint {
  const interval = c.fields.number('full_attention_interval', 4);
  const plain = plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    const full = isFull(c, l, interval);
    return plainBlock(c, l, {
      before: norm(c, `${p}input_layernorm`),
      mixer: full
        ? plainAttention(c, l, {
            gate: true,
            norms: headNorms((name) => norm(c, name), l),
            rotary: rotaryOf(c, c.rope, { partial: true, usual: 0.25 }),
          })
        : deltaPart(c, l, projection),
      feedForwardBefore: norm(c, `${p}post_attention_layernorm`),
      feedForward: feedForward(l),
    });
  });
  return { ...plain, finalNorm: norm(c, 'model.norm') };
}

/** The matrices of a delta network of Qwen 3.5. */
export function separateProjection(p: string, keys: number, values: number): DeltaProjection {
  return {
    kind: 'separate',
    mixed: [{ linear: linear(`${p}in_proj_qkv`), size: 2 * keys + values }],
    gate: linear(`${p}in_proj_z`),
    beta: linear(`${p}in_proj_b`),
    decay: linear(`${p}in_proj_a`),
  };
}

/** Qwen 3.5 (text): three layers of a gated delta network, then one of full attention. */
export function qwen35(c: ModelConfig): Blueprint {
  return qwenHybrid(c, separateProjection, (l) => plainFeedForward(c, l, false));
}

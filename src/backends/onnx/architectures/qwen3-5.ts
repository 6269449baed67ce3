/** Qwen 3.5 and Qwen3-Next: gated delta networks with a layer of full attention, whose output has a gate, in between. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { Block, Blueprint, DeltaPart, DeltaProjection, Norm } from '../blueprint.js';
import { activationOf, decoder, headNorms, linear, plainAttention, plainFeedForward, rmsNorm, rotaryOf } from './common.js';
import { experts, isSparse, STACKED, sharedExpert } from './experts.js';

/** Whether layer `l` has full attention: every n-th where the config lists none. */
export function isFull(c: ModelConfig, l: number, interval: number): boolean {
  return (c.layerTypes?.[l] ?? ((l + 1) % interval === 0 ? 'full_attention' : 'linear_attention')) === 'full_attention';
}

/** The sizes of a gated delta network as the Qwen configs name them. */
function deltaPart(c: ModelConfig, layer: string, projection: (p: string, keys: number, values: number) => DeltaProjection): DeltaPart {
  const p = `${layer}linear_attn.`;
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

function hybrid(
  c: ModelConfig,
  projection: (p: string, keys: number, values: number) => DeltaProjection,
  feedForward: (l: number, p: string) => Block['feedForward'],
): Blueprint {
  const interval = c.fields.number('full_attention_interval', 4);
  const norm = (name: string): Norm => rmsNorm(c, name, { plusOne: true });
  return decoder(c, {
    norm,
    block: (l, p) => ({
      mixer: isFull(c, l, interval)
        ? plainAttention(c, p, {
            gate: true,
            norms: headNorms(c, p, { norm }),
            rotary: rotaryOf(c, c.rope, { partial: true, usual: 0.25 }),
          })
        : deltaPart(c, p, projection),
    }),
    feedForward,
  });
}

/** The matrices of a delta network of Qwen 3.5. */
function separateProjection(p: string, keys: number, values: number): DeltaProjection {
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
  return hybrid(c, separateProjection, (_, p) => plainFeedForward(c, p));
}

/** Experts, and one that all rows use. */
const withShared = (c: ModelConfig, p: string): Block['feedForward'] => experts(c, p, undefined, { shared: sharedExpert(c, p) });

/** Qwen 3.5 with experts. */
export function qwen35Moe(c: ModelConfig): Blueprint {
  return { ...hybrid(c, separateProjection, (_, p) => withShared(c, p)), stacked: STACKED };
}

/** Qwen3-Next: the same, with the projections of its delta networks in two matrices. */
export function qwen3Next(c: ModelConfig): Blueprint {
  const projection = (p: string): DeltaProjection => ({
    kind: 'grouped',
    mixedAndGate: linear(`${p}in_proj_qkvz`),
    betaAndDecay: linear(`${p}in_proj_ba`),
  });
  return { ...hybrid(c, projection, (l, p) => (isSparse(c, l) ? withShared(c, p) : plainFeedForward(c, p))), stacked: STACKED };
}

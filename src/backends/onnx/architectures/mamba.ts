import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { MambaPart } from '../blueprint.js';
import { activationOf, linear, rmsNorm } from './common.js';

/** Fields of a config that say how large a state space is. */
export interface MambaSizes {
  readonly heads: number;
  /** Numbers of a head. */
  readonly headDim: number;
  /** Numbers of a key. */
  readonly state: number;
  readonly groups: number;
  readonly kernel: number;
  readonly convolutionBias: boolean;
  readonly projectionBias: boolean;
}

/** What Granite 4 and Bamba call them. Throws `UserError` for sizes that do not fit each other. */
export function mambaSizes(c: ModelConfig): MambaSizes {
  const heads = c.fields.number('mamba_n_heads');
  const values = Math.trunc(c.fields.number('mamba_expand', 2) * c.hiddenSize);
  const given = c.fields.raw('mamba_d_head');
  const headDim = given === 'auto' || given === undefined ? values / heads : c.fields.number('mamba_d_head');
  if (headDim * heads !== values || !Number.isInteger(headDim))
    throw new UserError(`${c.file}: mamba_n_heads ${heads} times mamba_d_head ${headDim} is not mamba_expand times hidden_size, ${values}`);
  const groups = c.fields.number('mamba_n_groups', 1);
  if (!(groups >= 1) || heads % groups !== 0) c.fields.refuse('mamba_n_groups', `a divisor of mamba_n_heads ${heads}`);
  return {
    heads,
    headDim,
    state: c.fields.number('mamba_d_state'),
    groups,
    kernel: c.fields.number('mamba_d_conv', 4),
    convolutionBias: c.fields.flag('mamba_conv_bias', true),
    projectionBias: c.fields.flag('mamba_proj_bias', false),
  };
}

/** Between what steps are held. Python writes infinity as a word, newer files as an object around it. */
function stepLimits(c: ModelConfig): readonly [least: number, most: number] {
  const given = c.fields.raw('time_step_limit') ?? [0, 'Infinity'];
  const valid = 'a list of two numbers';
  if (!Array.isArray(given) || given.length !== 2) return c.fields.refuse('time_step_limit', valid);
  const [least, most] = given.map((value: unknown): number => {
    const inner = typeof value === 'object' && value !== null && '__float__' in value ? value.__float__ : value;
    if (typeof inner === 'number') return inner;
    return inner === 'Infinity' || inner === 'inf' ? Number.POSITIVE_INFINITY : c.fields.refuse('time_step_limit', valid);
  });
  return [least ?? 0, most ?? Number.POSITIVE_INFINITY];
}

/** A state space whose tensors stand behind `p`. Throws `UserError` for sizes that do not fit each other. */
export function mambaPart(c: ModelConfig, p: string, sizes: MambaSizes): MambaPart {
  const [least, most] = stepLimits(c);
  return {
    kind: 'mamba',
    keyHeads: sizes.groups,
    valueHeads: sizes.heads,
    keyDim: sizes.state,
    valueDim: sizes.headDim,
    channels: sizes.heads * sizes.headDim + 2 * sizes.groups * sizes.state,
    kernel: sizes.kernel,
    convolution: linear(`${p}conv1d`, sizes.convolutionBias),
    activation: activationOf(c),
    input: linear(`${p}in_proj`, sizes.projectionBias),
    limits: least > 0 || most < Number.MAX_VALUE ? { least, most: Math.min(most, 3e38) } : null,
    decayLog: `${p}A_log`,
    decayBias: `${p}dt_bias`,
    skip: `${p}D`,
    norm: rmsNorm(c, `${p}norm`),
    output: linear(`${p}out_proj`, sizes.projectionBias),
  };
}

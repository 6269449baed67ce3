/** Mixtures of experts as the configs name them. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { DenseFeedForward, ExpertsFeedForward, Stacked } from '../blueprint.js';
import { activationOf, linear } from './common.js';

/** The names of the matrices of a gated part. */
type GatedNames = readonly [gate: string, up: string, down: string];

/** A gated part without biases. */
export function gatedPart(c: ModelConfig, size: number, p: string, [gate, up, down]: GatedNames): DenseFeedForward {
  return {
    kind: 'dense',
    size,
    input: { kind: 'gated', gate: linear(`${p}${gate}`), up: linear(`${p}${up}`) },
    down: linear(`${p}${down}`),
    activation: activationOf(c),
  };
}

/** Experts of this size, `<p>experts.<number>.` before their names. */
export function expertParts(c: ModelConfig, size: number, p: string, names: GatedNames, count = expertCount(c)): DenseFeedForward[] {
  return Array.from({ length: count }, (_, e) => gatedPart(c, size, `${p}experts.${e}.`, names));
}

/** The usual names of a gated part. */
export const GATED = ['gate_proj', 'up_proj', 'down_proj'] as const;

/** Files in which the experts of a layer lie in two tensors. */
export const STACKED: readonly Stacked[] = [
  { name: 'mlp.experts.gate_up_proj', before: 'mlp.experts.', parts: ['gate_proj.weight', 'up_proj.weight'] },
  { name: 'mlp.experts.down_proj', before: 'mlp.experts.', parts: ['down_proj.weight'] },
];

/** How many experts there are, under either name that configs give that. */
export function expertCount(c: ModelConfig): number {
  return c.fields.numberOrNull('num_experts') ?? c.fields.number('num_local_experts');
}

/** Experts of size `size` in the layer whose tensors stand behind `p`, by the names most models use. */
export function experts(
  c: ModelConfig,
  p: string,
  size: number = c.fields.number('moe_intermediate_size'),
  more: Partial<ExpertsFeedForward> = {},
): ExpertsFeedForward {
  const used = more.used ?? c.fields.number('num_experts_per_tok');
  return {
    kind: 'experts',
    size: used * size,
    router: linear(`${p}mlp.gate`),
    experts: more.experts ?? expertParts(c, size, `${p}mlp.`, GATED),
    used,
    scores: 'softmax',
    normalised: c.fields.flag('norm_topk_prob', true) ? 0 : null,
    scale: 1,
    choiceBias: null,
    shared: null,
    ...more,
  };
}

/** The part that all rows use beside the experts, with a gate (Qwen). */
export function sharedExpert(c: ModelConfig, p: string): ExpertsFeedForward['shared'] {
  return {
    part: gatedPart(c, c.fields.number('shared_expert_intermediate_size'), `${p}mlp.shared_expert.`, GATED),
    gate: linear(`${p}mlp.shared_expert_gate`),
  };
}

/** Whether layer `l` has experts: every n-th has, but those that the config names. */
export function isSparse(c: ModelConfig, l: number): boolean {
  const step = c.fields.number('decoder_sparse_step', 1);
  return !(c.fields.numbers('mlp_only_layers') ?? []).includes(l) && expertCount(c) > 0 && (l + 1) % step === 0;
}

/**
 * Experts as DeepSeek V3 chooses them: each has a sigmoid of its own, a bias counts where they are chosen alone, they may lie in groups, and all rows use another part beside. Throws `UserError` for
 * experts that the groups do not divide.
 */
export function groupedExperts(c: ModelConfig, layer: string): ExpertsFeedForward {
  const p = `${layer}mlp.`;
  const size = c.fields.number('moe_intermediate_size');
  const count = c.fields.number('n_routed_experts');
  const groups = c.fields.number('n_group', 1);
  if (!(groups >= 1) || count % groups !== 0) c.fields.refuse('n_group', `a divisor of n_routed_experts ${count}`);
  return experts(c, layer, size, {
    experts: expertParts(c, size, p, GATED, count),
    scores: 'sigmoid',
    scale: c.fields.number('routed_scaling_factor', 1),
    choiceBias: `${p}gate.e_score_correction_bias`,
    ...(groups > 1 ? { groups: { count: groups, used: c.fields.number('topk_group', 1) } } : {}),
    shared: { part: gatedPart(c, size * c.fields.number('n_shared_experts'), `${p}shared_experts.`, GATED), gate: null },
  });
}

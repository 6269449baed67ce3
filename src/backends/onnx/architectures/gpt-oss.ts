import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, DenseFeedForward, Linear, Stacked } from '../blueprint.js';
import { decoder, linear, windowOf } from './common.js';
import { expertCount, experts } from './experts.js';

const STACKED: readonly Stacked[] = [
  { name: 'mlp.experts.gate_up_proj', before: 'mlp.experts.', parts: ['gate_up.weight'] },
  { name: 'mlp.experts.gate_up_proj_bias', before: 'mlp.experts.', parts: ['gate_up.bias'] },
  { name: 'mlp.experts.down_proj', before: 'mlp.experts.', parts: ['down.weight'] },
  { name: 'mlp.experts.down_proj_bias', before: 'mlp.experts.', parts: ['down.bias'] },
];

/** gpt-oss: experts with biases and a clamped gate, whose matrices stand as [inputs, outputs]; every other layer slides; each head has a sink, which takes part of its attention. */
export function gptOss(c: ModelConfig): Blueprint {
  const count = expertCount(c);
  const clamp = { limit: c.fields.number('swiglu_limit', 7), factor: c.fields.number('swiglu_alpha', 1.702) };
  const matrix = (name: string): Linear => ({ name, bias: true, transposed: true });
  const expert = (p: string): DenseFeedForward => ({
    kind: 'dense',
    size: c.intermediateSize,
    input: { kind: 'fused', linear: matrix(`${p}gate_up`), order: 'in turn' },
    down: matrix(`${p}down`),
    activation: 'silu',
    clamp,
  });
  return decoder(c, {
    attention: (l, p) => ({ window: windowOf(c, l, l % 2 === 0), sinks: `${p}self_attn.sinks` }),
    feedForward: (_, p) =>
      experts(c, p, c.intermediateSize, {
        router: linear(`${p}mlp.router`, true),
        experts: Array.from({ length: count }, (_, e) => expert(`${p}mlp.experts.${e}.`)),
        scores: 'softmax of the used',
        normalised: null,
      }),
    stacked: STACKED,
  });
}

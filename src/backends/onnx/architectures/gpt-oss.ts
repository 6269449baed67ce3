import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, DenseFeedForward, Stacked } from '../blueprint.js';
import { layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, windowOf } from './common.js';
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
  const plain = plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    const matrix = (name: string) => ({ name, bias: true, transposed: true });
    const own = Array.from({ length: count }, (_, e): DenseFeedForward => {
      const expert = `${p}mlp.experts.${e}.`;
      return {
        kind: 'dense',
        size: c.intermediateSize,
        input: { kind: 'fused', linear: matrix(`${expert}gate_up`), order: 'in turn' },
        down: matrix(`${expert}down`),
        activation: 'silu',
        clamp,
      };
    });
    const slides = c.slidingLayers?.[l] ?? l % 2 === 0;
    return plainBlock(c, l, {
      mixer: plainAttention(c, l, { window: slides ? windowOf(c, l, c.slidingWindow) : null, sinks: `${p}self_attn.sinks` }),
      feedForward: experts(
        c,
        l,
        { count, size: c.intermediateSize },
        { router: linear(`${p}mlp.router`, true), experts: own, scores: 'softmax of the used', normalised: null },
      ),
    });
  });
  return { ...plain, stacked: STACKED };
}

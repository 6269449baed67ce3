import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerPrefix, plainAttention, plainBlock, plainBlueprint, plainFeedForward, rmsNorm, rotaryOf } from './common.js';

/** Hunyuan (dense): Llama with norms on query and key behind the rotation. */
export function hunyuan(c: ModelConfig): Blueprint {
  // What the files call dynamic is a larger base for texts of every length.
  const alpha = c.fields.inner(c.fields.has('rope_scaling') ? 'rope_scaling' : 'rope_parameters').numberOrNull('alpha');
  const stretched = c.rope.type === 'dynamic' && alpha ? c.rope.theta * alpha ** (c.headDim / (c.headDim - 2)) : c.rope.theta;
  const rotary = rotaryOf(c, { ...c.rope, theta: stretched });
  return plainBlueprint(c, (l) => {
    const p = `${layerPrefix(l)}self_attn.`;
    const norms = {
      query: rmsNorm(c, `${p}query_layernorm`),
      key: rmsNorm(c, `${p}key_layernorm`),
      over: 'head',
      afterRotation: true,
    } as const;
    return plainBlock(c, l, { mixer: plainAttention(c, l, { norms, rotary }), feedForward: plainFeedForward(c, l, false) });
  });
}

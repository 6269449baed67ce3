import type { ModelConfig } from '../../../models/model-config.js';
import type { Block, Blueprint } from '../blueprint.js';
import { activationOf, layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, rmsNorm, rotaryOf } from './common.js';

function block(c: ModelConfig, l: number, more: Partial<Block> = {}): Block {
  const p = layerPrefix(l);
  return plainBlock(c, l, {
    mixer: plainAttention(c, l, {
      rotary: rotaryOf(c, c.rope, { partial: true, interleaved: true }),
      output: linear(`${p}self_attn.o_proj`),
    }),
    feedForward: {
      kind: 'dense',
      size: c.intermediateSize,
      input: { kind: 'fused', linear: linear(`${p}mlp.gate_up_proj`) },
      down: linear(`${p}mlp.down_proj`),
      activation: activationOf(c),
    },
    ...more,
  });
}

/** GLM: the first part of each head turns, in pairs of neighbours; gate and feed-forward in one matrix. */
export function glm(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => block(c, l));
}

/** GLM-4: GLM with norms behind both parts, too. */
export function glm4(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) =>
    block(c, l, {
      after: rmsNorm(c, `${layerPrefix(l)}post_self_attn_layernorm`),
      feedForwardAfter: rmsNorm(c, `${layerPrefix(l)}post_mlp_layernorm`),
    }),
  );
}

import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, Norm } from '../blueprint.js';
import { activationOf, layerNorm, layerPrefix, linear, plainAttention, plainBlock, plainBlueprint, rotaryOf, windowOf } from './common.js';

/** Phi-1 and 2: attention and feed-forward side by side behind one layer norm, everything with biases, a part of each head turns. */
export function phi(c: ModelConfig): Blueprint {
  const normed = c.fields.flag('qk_layernorm', false);
  const plain = plainBlueprint(
    c,
    (l) => {
      const p = layerPrefix(l);
      const norm = (t: string): Norm => layerNorm(c, `${p}self_attn.${t}_layernorm`);
      return plainBlock(c, l, {
        before: layerNorm(c, `${p}input_layernorm`),
        mixer: plainAttention(
          c,
          l,
          {
            norms: normed ? { query: norm('q'), key: norm('k'), over: 'head', afterRotation: false } : null,
            rotary: rotaryOf(c, c.rope, { partial: true }),
            output: linear(`${p}self_attn.dense`, true),
          },
          true,
        ),
        feedForwardBefore: null,
        feedForward: {
          kind: 'dense',
          size: c.intermediateSize,
          input: { kind: 'plain', up: linear(`${p}mlp.fc1`, true) },
          down: linear(`${p}mlp.fc2`, true),
          activation: activationOf(c),
        },
        parallel: true,
      });
    },
    { finalNorm: layerNorm(c, 'model.final_layernorm') },
  );
  return { ...plain, output: { ...plain.output, bias: true } };
}

/** Phi-3 and 4: Llama with query, key and value in one matrix, gate and feed-forward in another. */
export function phi3(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => {
    const p = layerPrefix(l);
    return plainBlock(c, l, {
      mixer: plainAttention(
        c,
        l,
        {
          projection: { kind: 'fused', linear: linear(`${p}self_attn.qkv_proj`), groups: 1 },
          rotary: rotaryOf(c, c.rope, { partial: true }),
          window: c.slidingWindow === null ? null : windowOf(c, l, c.slidingWindow),
        },
        false,
      ),
      feedForward: {
        kind: 'dense',
        size: c.intermediateSize,
        input: { kind: 'fused', linear: linear(`${p}mlp.gate_up_proj`) },
        down: linear(`${p}mlp.down_proj`),
        activation: activationOf(c),
      },
    });
  });
}
